// Go's text/template, with the protocol of the engines (see ../README.md): reads the template and the value sets,
// then answers the driver's commands on standard input.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"text/template"
	"time"
)

type engine struct {
	template *template.Template
	sets     []map[string]any
	out      bytes.Buffer
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// The functions that the templates use (dialects.py).
var functions = template.FuncMap{
	"list":    func(items ...int) []int { return items },
	"replace": func(text, old, new string) string { return strings.ReplaceAll(text, old, new) },
}

func readSets(path string, most int) []map[string]any {
	file := must(os.Open(path))
	defer file.Close()
	var sets []map[string]any
	for decoder := json.NewDecoder(file); len(sets) < most && decoder.More(); {
		var set map[string]any
		if err := decoder.Decode(&set); err != nil {
			log.Fatal(err)
		}
		for name, value := range set {
			if number, is := value.(float64); is {
				set[name] = int(number)
			}
		}
		sets = append(sets, set)
	}
	return sets
}

func (e *engine) render(index int) []byte {
	e.out.Reset()
	if err := e.template.Execute(&e.out, e.sets[index]); err != nil {
		log.Fatal(err)
	}
	return e.out.Bytes()
}

// Answers seconds and bytes of rendering the first value sets once.
func (e *engine) round(sets int) {
	size := 0
	start := time.Now()
	for index := 0; index < sets; index++ {
		size += len(e.render(index))
	}
	fmt.Println(time.Since(start).Seconds(), size)
}

// Writes the outputs for the first value sets into one file, one after the other.
func (e *engine) check(sets int, path string) {
	file := must(os.Create(path))
	for index := 0; index < sets; index++ {
		must(file.Write(e.render(index)))
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("done")
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: ENGINE TEMPLATE VALUES SETS")
	}
	text := string(must(os.ReadFile(os.Args[1])))
	e := engine{
		template: must(template.New("test.py").Funcs(functions).Parse(text)),
		sets:     readSets(os.Args[2], must(strconv.Atoi(os.Args[3]))),
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		words := strings.Fields(lines.Text())
		sets := must(strconv.Atoi(words[1]))
		if words[0] == "round" {
			e.round(sets)
		} else {
			e.check(sets, words[2])
		}
	}
}
