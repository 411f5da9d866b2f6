package main

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/token"
)

// shuffle reorders what has no order in CUE: the declarations of a struct, and the operands of & and |.
func shuffle(file *ast.File, seed int64) {
	random := rand.New(rand.NewSource(seed))
	astutil.Apply(file, nil, func(c astutil.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.StructLit:
			n.Elts = shuffled(n.Elts, random)
		case *ast.File:
			n.Decls = shuffled(n.Decls, random)
		case *ast.BinaryExpr:
			if (n.Op == token.AND || n.Op == token.OR) && random.Intn(2) == 0 {
				n.X, n.Y = n.Y, n.X
			}
		}
		return true
	})
}

// shuffled leaves the package clause and imports in front, and an ellipsis at the end.
func shuffled(decls []ast.Decl, random *rand.Rand) []ast.Decl {
	var head, body, tail []ast.Decl
	for _, d := range decls {
		switch d.(type) {
		case *ast.Package, *ast.ImportDecl:
			head = append(head, d)
		case *ast.Ellipsis:
			tail = append(tail, d)
		default:
			body = append(body, d)
		}
	}
	random.Shuffle(len(body), func(i, j int) { body[i], body[j] = body[j], body[i] })
	return append(append(head, body...), tail...)
}

// isStable says whether the answer is the same under shuffles, apart from the order of fields and the error's text.
func isStable(r Request, answer Answer, shuffles int) bool {
	want := canonical(answer)
	for seed := int64(1); seed <= int64(shuffles); seed++ {
		if !bytes.Equal(want, canonical(evaluate(r, seed))) {
			return false
		}
	}
	return true
}

func canonical(answer Answer) []byte {
	var parts []any
	parts = append(parts, answer.Compile != "")
	for _, r := range answer.Results {
		parts = append(parts, classOf(r.Error), classOf(r.Invalid), sorted(r.Value))
	}
	b, err := json.Marshal(parts)
	if err != nil {
		panic(err)
	}
	return b
}

func classOf(f *Failure) string {
	if f == nil {
		return ""
	}
	return f.Class
}

// sorted decodes JSON to maps, of which the encoder sorts the keys.
func sorted(raw string) any {
	if raw == "" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(raw))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return raw
	}
	return v
}
