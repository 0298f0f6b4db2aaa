// Fills the environment into the template of Temporal's configuration, from standard input to standard output.
package main

import (
	"io"
	"log"
	"os"
	"strings"
	"text/template"
)

func main() {
	source, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	environment := map[string]string{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		environment[name] = value
	}
	functions := template.FuncMap{
		"default": func(value, otherwise string) string {
			if value == "" {
				return otherwise
			}
			return value
		},
		"lower": strings.ToLower,
		"split": strings.Split,
		"trim":  strings.TrimSpace,
	}
	// A variable that is not set is empty.
	parsed, err := template.New("configuration").Option("missingkey=zero").Funcs(functions).Parse(string(source))
	if err != nil {
		log.Fatal(err)
	}
	if err := parsed.Execute(os.Stdout, map[string]any{"Env": environment}); err != nil {
		log.Fatal(err)
	}
}
