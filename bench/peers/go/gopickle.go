package main

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

func readGopickle(data []byte) (any, error) {
	unpickler := pickle.NewUnpickler(bytes.NewReader(data))
	return unpickler.Load()
}

func sayGopickle(value any, out *say) error {
	if out.atom(value) {
		return nil
	}
	if number, ok := value.(*big.Int); ok {
		out.integer(number)
		return nil
	}
	if out.again(value) {
		return nil
	}
	switch value := value.(type) {
	case *types.List:
		out.opcodes("]")
		out.put(value)
		return sayParts("(", *value, "e", out)
	case *types.Tuple:
		if err := sayParts("(", *value, "t", out); err != nil {
			return err
		}
		out.put(value)
	case *types.Dict:
		out.opcodes("}")
		out.put(value)
		parts := make([]any, 0, 2*len(*value))
		for _, pair := range *value {
			parts = append(parts, pair.Key, pair.Value)
		}
		return sayParts("(", parts, "u", out)
	case *types.GenericObject:
		out.global(value.Class.Module, value.Class.Name)
		if err := sayParts("(", value.ConstructorArgs, "t\x81", out); err != nil {
			return err
		}
		out.put(value)
	default:
		return fmt.Errorf("a %T", value)
	}
	return nil
}

func sayParts(begin string, parts []any, end string, out *say) error {
	out.opcodes(begin)
	for _, part := range parts {
		if err := sayGopickle(part, out); err != nil {
			return err
		}
	}
	out.opcodes(end)
	return nil
}
