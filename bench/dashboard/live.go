package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/results"
)

// perPerson is how many streams one person has open.
const perPerson = 10

// live opens many streams while calls come in, and tells what the process holds.
func (b *bench) live(ctx context.Context, o options) error {
	body, _, err := b.get(ctx, "/calls")
	if err != nil {
		return err
	}
	_, after, found := strings.Cut(body, `data-live="`)
	path, _, _ := strings.Cut(after, `"`)
	if !found {
		return fmt.Errorf("the list names no stream")
	}
	path = strings.ReplaceAll(path, "&amp;", "&")
	var open, heard atomic.Int64
	browser := b.browser
	for n := range o.streams {
		if n%perPerson == perPerson-1 { // a person may have so many open
			if browser, err = b.login(ctx); err != nil {
				return err
			}
		}
		go b.listen(ctx, browser, path, &open, &heard)
	}
	ctx, cancel := context.WithTimeout(ctx, o.during)
	defer cancel()
	fmt.Println("| second | streams open | events heard | calls stored | heap MB |\n|---|---|---|---|---|")
	tick := time.NewTicker(time.Second / time.Duration(o.rate))
	defer tick.Stop()
	begin, shown := time.Now(), -1
	for stored := 0; ; stored++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := b.call(ctx, stored); err != nil && ctx.Err() == nil {
			return err
		}
		if second := int(time.Since(begin).Seconds()) / 5 * 5; second != shown {
			shown = second
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Printf("| %d | %d | %d | %d | %.1f |\n", second, open.Load(), heard.Load(), stored, float64(m.HeapAlloc)/1e6)
		}
	}
}

func (b *bench) listen(ctx context.Context, browser *http.Client, path string, open, heard *atomic.Int64) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.address+path, http.NoBody)
	if err != nil {
		return
	}
	request.Header.Set("Accept", "text/event-stream")
	answer, err := browser.Do(request)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return
	}
	open.Add(1)
	defer open.Add(-1)
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data:") {
			heard.Add(1)
		}
	}
}

// call stores a call with its answer, as a worker does.
func (b *bench) call(ctx context.Context, n int) error {
	id := fmt.Sprintf("bench-%d-%d", time.Now().UnixNano(), n)
	sum := sha256.Sum256([]byte(id))
	if _, err := b.store.SaveRedacted(ctx, results.Call{
		ID: id, Task: "telecom", Channel: "phone", Language: "en", ReceivedAt: time.Now(),
		Origin: results.Origin{Source: "kafka", Topic: "calls", SHA256: hex.EncodeToString(sum[:])},
		Turns:  []results.Turn{{Side: "customer", Text: "my parcel is late again"}},
	}); err != nil {
		return err
	}
	_, err := b.store.SavePrediction(ctx, results.Prediction{CallID: id, Company: "Company00", Model: "ft:base:own:sb-1", Confidence: 0.9, Threshold: 0.4, Named: "Company00", Status: pipeline.AnswerClassified})
	return err
}
