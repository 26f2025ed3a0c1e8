package main

import (
	"encoding/binary"
	"fmt"
	"math"
)

// What was read, said in the plainest pickle there is, without any library.
type say struct {
	bytes []byte
	// The numbers of what can be shared, by what identifies it in Go.
	numbers map[any]uint32
}

func newSay() *say {
	return &say{bytes: []byte("\x80\x04"), numbers: map[any]uint32{}}
}

func (s *say) finish() []byte {
	return append(s.bytes, '.')
}

func (s *say) opcodes(opcodes string) {
	s.bytes = append(s.bytes, opcodes...)
}

func (s *say) sized(opcode byte, data string) {
	s.bytes = append(s.bytes, opcode)
	s.bytes = binary.LittleEndian.AppendUint32(s.bytes, uint32(len(data)))
	s.bytes = append(s.bytes, data...)
}

// atom says what has no parts, and whether it was that.
func (s *say) atom(value any) bool {
	switch value := value.(type) {
	case nil:
		s.opcodes("N")
	case bool:
		if value {
			s.opcodes("\x88")
		} else {
			s.opcodes("\x89")
		}
	case int, int64:
		s.integer(value)
	case float64:
		s.bytes = append(s.bytes, 'G')
		s.bytes = binary.BigEndian.AppendUint64(s.bytes, math.Float64bits(value))
	case string:
		s.sized('X', value)
	case []byte:
		s.sized('B', string(value))
	default:
		return false
	}
	return true
}

func (s *say) integer(value any) {
	s.opcodes(fmt.Sprintf("L%vL\n", value))
}

func (s *say) global(module, name string) {
	s.opcodes("c" + module + "\n" + name + "\n")
}

// again says what has been said before, if it has; otherwise put gives it a number.
func (s *say) again(identity any) bool {
	number, known := s.numbers[identity]
	if known {
		s.bytes = append(s.bytes, 'j')
		s.bytes = binary.LittleEndian.AppendUint32(s.bytes, number)
	}
	return known
}

func (s *say) put(identity any) {
	number := uint32(len(s.numbers))
	s.numbers[identity] = number
	s.bytes = append(s.bytes, 'r')
	s.bytes = binary.LittleEndian.AppendUint32(s.bytes, number)
}
