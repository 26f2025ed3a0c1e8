// ogórek and gopickle as contestants: ../README.md says what they are asked.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// A library; write is nil if it only reads.
type library struct {
	read  func(data []byte) (any, error)
	say   func(value any, out *say) error
	write func(value any, protocol int) ([]byte, error)
}

var libraries = map[string]library{
	"ogorek":   {readOgorek, sayOgorek, writeOgorek},
	"gopickle": {readGopickle, sayGopickle, nil},
}

type contestant struct {
	library
	pickle []byte
	value  any
	kept   bool
}

func (c *contestant) keep() (any, error) {
	if !c.kept {
		value, err := c.read(c.pickle)
		if err != nil {
			return nil, err
		}
		c.value, c.kept = value, true
	}
	return c.value, nil
}

// A panic of the library is its answer, as a program that recovers would see it.
func (c *contestant) answer(request []string) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	switch request[0] {
	case "read":
		times, err := strconv.Atoi(request[1])
		for i := 0; i < times && err == nil; i++ {
			var value any
			value, err = c.read(c.pickle)
			runtime.KeepAlive(value)
		}
		return err
	case "say":
		value, err := c.read(c.pickle)
		if err != nil {
			return err
		}
		out := newSay()
		if err := c.library.say(value, out); err != nil {
			return err
		}
		return os.WriteFile(request[1], out.finish(), 0o600)
	}
	if c.write == nil {
		return fmt.Errorf("it does not write")
	}
	value, err := c.keep()
	if err != nil {
		return err
	}
	protocol, err := strconv.Atoi(request[1])
	if err != nil {
		return err
	}
	switch request[0] {
	case "write":
		times, err := strconv.Atoi(request[2])
		for i := 0; i < times && err == nil; i++ {
			var data []byte
			data, err = c.write(value, protocol)
			runtime.KeepAlive(data)
		}
		return err
	case "save":
		data, err := c.write(value, protocol)
		if err != nil {
			return err
		}
		return os.WriteFile(request[2], data, 0o600)
	}
	return fmt.Errorf("unknown request: %v", request)
}

func main() {
	library, known := libraries[os.Args[1]]
	if !known {
		panic("no such library: " + os.Args[1])
	}
	pickle, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	c := contestant{library: library, pickle: pickle}
	fmt.Println("ok")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := c.answer(strings.Split(lines.Text(), " ")); err != nil {
			fmt.Println("error " + strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}
