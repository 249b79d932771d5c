package main

import (
	"context"
	"fmt"
	"slices"

	"switchboard/internal/browsertest"
)

// painted is when a page's first content was painted, and when its first byte came, in
// milliseconds since somebody asked for it.
const painted = `new Promise(done => new PerformanceObserver((list, own) => {
	const paint = list.getEntriesByName("first-contentful-paint")[0]
	if (paint) { own.disconnect(); done([paint.startTime, performance.getEntriesByType("navigation")[0].responseStart, performance.getEntriesByType("navigation")[0].transferSize]) }
}).observe({type: "paint", buffered: true}))`

// paint looks at pages as a person does, with an empty cache at first.
func (b *bench) paint(ctx context.Context) error {
	name, password, err := b.user(ctx)
	if err != nil {
		return err
	}
	tab, err := browsertest.Open(ctx, 1440)
	if err != nil {
		return err
	}
	defer tab.Close()
	if err := tab.Go(b.address + "/login"); err != nil {
		return err
	}
	for field, text := range map[string]string{"input[name=name]": name, "input[name=password]": password} {
		if err := tab.Fill(field, text); err != nil {
			return err
		}
	}
	if err := tab.Press("\r"); err != nil {
		return err
	}
	if _, err := tab.Await(name); err != nil {
		return err
	}
	fmt.Println("| page | first paint ms, first look | median of 9 more | worst | of it until the first byte, median | KB sent |\n|---|---|---|---|---|---|")
	for _, path := range []string{"/", "/?range=week", "/?range=week&by=hour", "/?range=month", "/calls", "/calls?q=word500", "/review", "/quality"} {
		var paints, bytes []float64
		size := 0.0
		for range 10 {
			if err := tab.Go(b.address + path); err != nil {
				return err
			}
			told, err := browsertest.Value[[]float64](tab, painted)
			if err != nil {
				return err
			}
			paints, bytes, size = append(paints, told[0]), append(bytes, told[1]), told[2]
		}
		again, first := slices.Sorted(slices.Values(paints[1:])), slices.Sorted(slices.Values(bytes[1:]))
		fmt.Printf("| `%s` | %.0f | %.0f | %.0f | %.0f | %.0f |\n", path, paints[0], again[4], again[8], first[4], size/1000)
	}
	return nil
}
