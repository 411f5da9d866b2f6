// Command arbiter evaluates CUE programs with the published Go library, so that the TypeScript evaluator can be compared
// with it. It reads one JSON request a line on standard input and writes one JSON answer a line on standard output.
//
// Usage:
//
//	arbiter [-shuffles n] [-timeout 10s]   evaluate, and say whether the answer survives n shuffles of the declarations
//	arbiter -bench n                       time n evaluations of each request
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// Request is one program and the paths of which the values are wanted.
type Request struct {
	ID     string   `json:"id"`
	Source string   `json:"source"`
	Paths  []string `json:"paths,omitempty"`
	// Fill holds JSON texts by field name; they are appended to the source as fields, in this order.
	Fill []Fill `json:"fill,omitempty"`
	// Print asks for the syntax of values that are not concrete.
	Print bool `json:"print,omitempty"`
}

// Fill is a field that is appended to the source.
type Fill struct {
	Name string          `json:"name"`
	JSON json.RawMessage `json:"json"`
}

// Answer holds one result for each path of a request.
type Answer struct {
	ID string `json:"id"`
	// Compile is the error of a program that does not compile.
	Compile string   `json:"compile,omitempty"`
	Results []Result `json:"results,omitempty"`
	// Stable is set when shuffles were asked for.
	Stable *bool `json:"stable,omitempty"`
	// Crash says why the library itself failed: a panic or the time limit.
	Crash string `json:"crash,omitempty"`
}

// Result is the value at one path, or its error.
type Result struct {
	Path string `json:"path"`
	// Value is the text of the exported JSON with defaults resolved, in the order of fields.
	Value string `json:"value,omitempty"`
	// Error is the reason why there is no such JSON.
	Error *Failure `json:"error,omitempty"`
	// Invalid is the first error of a validation that demands concrete values; it sees more than Error does.
	Invalid *Failure `json:"invalid,omitempty"`
	Syntax  string   `json:"syntax,omitempty"`
}

// Failure is an evaluation error.
type Failure struct {
	// Class is eval, user, structural, incomplete, cycle or absent.
	Class   string   `json:"class"`
	Path    []string `json:"path,omitempty"`
	Message string   `json:"message"`
}

func main() {
	shuffles := flag.Int("shuffles", 0, "number of shuffles that must not change the answer")
	timeout := flag.Duration("timeout", 10*time.Second, "time limit of one request; the process ends when it is exceeded")
	bench := flag.Int("bench", 0, "number of timed evaluations of each request")
	flag.Parse()

	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 256<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var request Request
		if err := json.Unmarshal(in.Bytes(), &request); err != nil {
			fmt.Fprintln(os.Stderr, "arbiter: bad request:", err)
			os.Exit(2)
		}
		var answer any
		var expired bool
		if *bench > 0 {
			answer = measure(request, *bench)
		} else {
			answer, expired = answerWithin(request, *shuffles, *timeout)
		}
		if err := encoder.Encode(answer); err != nil {
			fmt.Fprintln(os.Stderr, "arbiter:", err)
			os.Exit(1)
		}
		out.Flush()
		if expired {
			os.Exit(3) // the evaluation cannot be interrupted, so the caller starts the process anew
		}
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, "arbiter:", err)
		os.Exit(1)
	}
}

func answerWithin(request Request, shuffles int, limit time.Duration) (Answer, bool) {
	done := make(chan Answer, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- Answer{ID: request.ID, Crash: fmt.Sprint("panic: ", r)}
			}
		}()
		answer := evaluate(request, 0)
		if shuffles > 0 && answer.Compile == "" {
			stable := isStable(request, answer, shuffles)
			answer.Stable = &stable
		}
		done <- answer
	}()
	select {
	case answer := <-done:
		return answer, false
	case <-time.After(limit):
		return Answer{ID: request.ID, Crash: "time limit"}, true
	}
}
