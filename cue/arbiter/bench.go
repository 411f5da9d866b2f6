package main

import (
	"fmt"
	"sort"
	"time"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/parser"
)

// Timing holds microseconds of one request: with the source parsed each time, and with a compiled template that is filled.
type Timing struct {
	ID       string  `json:"id"`
	Whole    Figures `json:"whole"`
	Compiled Figures `json:"compiled"`
	Error    string  `json:"error,omitempty"`
}

// Figures are microseconds.
type Figures struct {
	Best   float64 `json:"best"`
	Median float64 `json:"median"`
	Worst  float64 `json:"worst"`
}

func measure(r Request, times int) Timing {
	timing := Timing{ID: r.ID}
	var whole, compiled []float64
	for range times {
		begin := time.Now()
		v, err := build(r, 0)
		if err == nil {
			err = export(v, r.Paths)
		}
		whole = append(whole, micros(begin))
		if err != nil {
			timing.Error = err.Error()
		}
	}
	context := cuecontext.New()
	template := context.CompileString(r.Source, cue.Filename("source.cue"))
	for range times {
		begin := time.Now()
		v := template
		for _, f := range r.Fill {
			expr, err := parser.ParseExpr("fill.cue", []byte(f.JSON))
			if err != nil {
				timing.Error = err.Error()
				return timing
			}
			v = v.FillPath(cue.ParsePath(f.Name), context.BuildExpr(expr))
		}
		if err := export(v, r.Paths); err != nil {
			timing.Error = err.Error()
		}
		compiled = append(compiled, micros(begin))
	}
	timing.Whole, timing.Compiled = figures(whole), figures(compiled)
	return timing
}

func export(root cue.Value, paths []string) error {
	var first error
	for _, p := range paths {
		v := root.LookupPath(cue.ParsePath(p))
		if !v.Exists() {
			continue
		}
		if _, err := v.MarshalJSON(); err != nil && first == nil {
			first = fmt.Errorf("%s: %w", p, err)
		}
	}
	return first
}

func micros(begin time.Time) float64 { return float64(time.Since(begin).Nanoseconds()) / 1e3 }

func figures(samples []float64) Figures {
	sort.Float64s(samples)
	return Figures{Best: samples[0], Median: samples[len(samples)/2], Worst: samples[len(samples)-1]}
}
