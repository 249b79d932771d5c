package modelserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkChat measures answers over HTTP on loopback, with the client in the
// same process: half of the time is the client's. The texts have the length of
// a mean conversation.
func BenchmarkChat(b *testing.B) {
	r, _ := start(b, Options{Logger: slog.New(slog.DiscardHandler)})
	model := manyClasses(b, r)
	for _, connections := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
			defer client.CloseIdleConnections()
			bodies := make([][]byte, 100)
			random := rand.New(rand.NewPCG(9, 9))
			for i := range bodies {
				request := ask(model, conversation(random, i%classesInBench))
				request.LogProbs, request.TopLogProbs = true, 5
				bodies[i], _ = json.Marshal(request)
			}
			durations := make([]time.Duration, b.N)
			var next atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range connections {
				group.Go(func() {
					for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
						start := time.Now()
						if err := post(client, r.url, bodies[i%int64(len(bodies))]); err != nil {
							b.Error(err)
							return
						}
						durations[i] = time.Since(start)
					}
				})
			}
			group.Wait()
			b.StopTimer()
			slices.Sort(durations)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
			b.ReportMetric(float64(durations[b.N/2].Microseconds())/1000, "ms/p50")
			b.ReportMetric(float64(durations[b.N*99/100].Microseconds())/1000, "ms/p99")
		})
	}
}

const classesInBench = 50

func post(client *http.Client, url string, body []byte) error {
	request, err := http.NewRequest("POST", url+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+testKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answer is %s", response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// conversation writes some 240 characters in three lines.
func conversation(random *rand.Rand, class int) string {
	var text strings.Builder
	for line := range 3 {
		if line > 0 {
			text.WriteByte('\n')
		}
		for range 12 {
			fmt.Fprintf(&text, "%s ", vocabularyWord(random.IntN(3000)))
		}
		text.WriteString(vocabularyWord(10_000 + class*10 + random.IntN(10)))
	}
	return text.String()
}

func vocabularyWord(n int) string {
	random := rand.New(rand.NewPCG(uint64(n), 0))
	word := make([]byte, 3+random.IntN(5))
	for i := range word {
		word[i] = "etaoinshrdlucmfwypvbgkqjxz"[min(random.IntN(26), random.IntN(26))]
	}
	return string(word)
}

func manyClasses(b *testing.B, r *running) string {
	random := rand.New(rand.NewPCG(8, 8))
	var file bytes.Buffer
	for i := range 3000 {
		class := i % classesInBench
		line, _ := json.Marshal(map[string]any{"messages": []map[string]string{
			{"role": "user", "content": conversation(random, class)}, {"role": "assistant", "content": fmt.Sprint("Company", class)}}})
		file.Write(append(line, '\n'))
	}
	j := r.create(b, map[string]any{"training_file": r.upload(b, file.Bytes()), "hyperparameters": map[string]any{"n_epochs": 2}})
	return await(b, r.client, j.ID, statusSucceeded).FineTunedModel
}

// BenchmarkReadExamples measures the validation of a training file.
func BenchmarkReadExamples(b *testing.B) {
	file := jsonl(1, 5000)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := readExamples(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}
