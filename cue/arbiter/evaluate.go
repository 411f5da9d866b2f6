package main

import (
	"errors"
	"reflect"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	cueerrors "cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
)

// text returns the source with the filled fields appended.
func (r Request) text() string {
	var b strings.Builder
	b.WriteString(r.Source)
	for _, f := range r.Fill {
		b.WriteString("\n" + f.Name + ": ")
		b.Write(f.JSON)
	}
	return b.String()
}

// build compiles a request in a context of its own. A seed other than 0 shuffles its declarations and operands.
func build(r Request, seed int64) (cue.Value, error) {
	file, err := parser.ParseFile("source.cue", r.text(), parser.ParseComments)
	if err != nil {
		return cue.Value{}, err
	}
	if seed != 0 {
		shuffle(file, seed)
	}
	return buildFile(file)
}

func buildFile(file *ast.File) (cue.Value, error) {
	v := cuecontext.New().BuildFile(file)
	// a program that cannot be compiled has a value without conjuncts, of which every path is absent
	if err := v.Err(); err != nil && isCompileError(v) {
		return v, err
	}
	return v, nil
}

func evaluate(r Request, seed int64) Answer {
	answer := Answer{ID: r.ID}
	v, err := build(r, seed)
	if err != nil {
		answer.Compile = cueerrors.Details(err, nil)
		return answer
	}
	paths := r.Paths
	if len(paths) == 0 {
		paths = []string{""}
	}
	for _, p := range paths {
		answer.Results = append(answer.Results, resultAt(v, p, r.Print))
	}
	return answer
}

func resultAt(root cue.Value, path string, print bool) Result {
	result := Result{Path: path}
	v := root
	if path != "" {
		parsed := cue.ParsePath(path)
		if err := parsed.Err(); err != nil {
			result.Error = &Failure{Class: "absent", Message: err.Error()}
			return result
		}
		v = root.LookupPath(parsed)
	}
	if !v.Exists() {
		result.Error = failureOf(v.Err())
		if result.Error == nil || result.Error.Class == "incomplete" {
			result.Error = &Failure{Class: "absent", Message: message(v.Err())}
		}
		return result
	}
	if print {
		if b, err := format.Node(v.Syntax(cue.Optional(true), cue.Definitions(true), cue.Hidden(true))); err == nil {
			result.Syntax = string(b)
		}
	}
	result.Invalid = failureOf(v.Validate(cue.Concrete(true)))
	b, err := v.MarshalJSON()
	if err != nil {
		result.Error = failureOf(err)
		return result
	}
	result.Value = string(b)
	return result
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

var classes = []string{"eval", "user", "user", "structural", "incomplete", "cycle"}

// failureOf describes the first error of err.
func failureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	failure := &Failure{Class: "eval", Message: err.Error()}
	all := cueerrors.Errors(err)
	if len(all) > 0 {
		failure.Path = all[0].Path()
		failure.Message = all[0].Error()
	}
	worst := -1
	for _, e := range all {
		code := codeOf(e)
		if code >= 0 && (worst < 0 || code < worst) {
			worst = code
		}
	}
	if worst >= 0 && worst < len(classes) {
		failure.Class = classes[worst]
	}
	return failure
}

// codeOf reads the error code of the evaluator, which its API does not export.
func codeOf(err error) int {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if bottom := bottomOf(reflect.ValueOf(e)); bottom.IsValid() {
			return int(bottom.FieldByName("Code").Int())
		}
	}
	return -1
}

func bottomOf(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return reflect.Value{}
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	for _, name := range []string{"err", "b"} {
		field := v.FieldByName(name)
		if field.IsValid() && field.Kind() == reflect.Pointer && !field.IsNil() && field.Elem().Kind() == reflect.Struct &&
			field.Elem().FieldByName("Code").IsValid() {
			return field.Elem()
		}
	}
	return reflect.Value{}
}

// isCompileError distinguishes an error of the compiler (an unresolved reference, a bad literal) from one of evaluation.
func isCompileError(v cue.Value) bool {
	vertex := reflect.ValueOf(v).FieldByName("v")
	if !vertex.IsValid() || vertex.IsNil() {
		return true
	}
	return vertex.Elem().FieldByName("Conjuncts").Len() == 0
}
