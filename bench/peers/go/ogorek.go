package main

import (
	"bytes"
	"fmt"
	"math/big"
	"reflect"

	ogórek "github.com/kisielk/og-rek"
)

func readOgorek(data []byte) (any, error) {
	return ogórek.NewDecoder(bytes.NewReader(data)).Decode()
}

func writeOgorek(value any, protocol int) ([]byte, error) {
	var out bytes.Buffer
	config := &ogórek.EncoderConfig{Protocol: protocol}
	err := ogórek.NewEncoderWithConfig(&out, config).Encode(value)
	return out.Bytes(), err
}

func sayOgorek(value any, out *say) error {
	if out.atom(value) {
		return nil
	}
	switch value := value.(type) {
	case ogórek.None:
		out.opcodes("N")
	case *big.Int:
		out.integer(value)
	case ogórek.Bytes:
		out.sized('B', string(value))
	case []any:
		// Slices cannot be told apart from copies of them: they say no sharing.
		return sayItems("](", value, "e", out)
	case ogórek.Tuple:
		return sayItems("(", value, "t", out)
	case map[any]any:
		identity := reflect.ValueOf(value).Pointer()
		if out.again(identity) {
			return nil
		}
		out.opcodes("}")
		out.put(identity)
		out.opcodes("(")
		for key, value := range value {
			if err := sayOgorek(key, out); err != nil {
				return err
			}
			if err := sayOgorek(value, out); err != nil {
				return err
			}
		}
		out.opcodes("u")
	case ogórek.Class:
		out.global(value.Module, value.Name)
	case ogórek.Call:
		out.global(value.Callable.Module, value.Callable.Name)
		if err := sayOgorek(value.Args, out); err != nil {
			return err
		}
		out.opcodes("R")
	default:
		return fmt.Errorf("a %T", value)
	}
	return nil
}

func sayItems(begin string, items []any, end string, out *say) error {
	out.opcodes(begin)
	for _, item := range items {
		if err := sayOgorek(item, out); err != nil {
			return err
		}
	}
	out.opcodes(end)
	return nil
}
