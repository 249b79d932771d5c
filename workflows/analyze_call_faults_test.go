package workflows

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"switchboard/activities"
	"switchboard/internal/anonymize"
	"switchboard/internal/anonymize/ner"
	"switchboard/internal/artifact"
	"switchboard/internal/database"
	"switchboard/internal/fetch"
	"switchboard/internal/kafka"
	"switchboard/internal/pipeline"
	"switchboard/internal/results"
	"switchboard/internal/speech"
)

// recorded is a call with a recording, whose event is in a Kafka, and the activities that
// hear it; the recognizer is at an address.
func recorded(t *testing.T, store *artifact.Store, recognizer string) (*activities.Calls, pipeline.AnalyzeCallInput) {
	t.Helper()
	host := httptest.NewServer(http.FileServer(http.Dir(filepath.Join("..", "datasets", "sample", "calls", "audio"))))
	t.Cleanup(host.Close)
	event := fmt.Sprintf(`{"call_id":"0042","audio_url":"%s/2026-11-16.0011.wav"}`, host.URL)

	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(1))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	client, err := kafka.Open(t.Context(), kafka.Options{Brokers: cluster.ListenAddrs(), Topic: "calls", Group: "g"})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	require.NoError(t, client.EnsureTopics(t.Context(), 1))
	require.NoError(t, client.Produce(t.Context(), "calls", nil, []byte(event), nil))

	base, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "switchboard.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = base.Close() })
	names, err := ner.Shipped(t.Context())
	require.NoError(t, err)
	anonymizer, err := anonymize.New(anonymize.Options{Models: []anonymize.Recognizer{names}})
	require.NoError(t, err)
	speaks, err := speech.New(speech.Options{BaseURL: recognizer + "/v1", Model: "m", Server: "generic"})
	require.NoError(t, err)
	recordings, err := fetch.New(fetch.Options{Hosts: strings.TrimPrefix(host.URL, "http://")})
	require.NoError(t, err)
	return &activities.Calls{
			Results: results.New(base), Models: base, Store: store, Anonymizer: anonymizer, Kafka: client, Speech: speaks, Recordings: recordings,
		}, pipeline.AnalyzeCallInput{
			CallID: "0042", Audio: true, Stored: true, Record: &pipeline.RecordRef{Topic: "calls", SHA256: kafka.SHA256([]byte(event))},
		}
}

// A recognizer that is down for minutes, or asks to wait for some, holds a call up, which is
// heard and stored as soon as it is back.
func TestTheRecognizerIsDownForFiveMinutes(t *testing.T) {
	// The anonymizer is judged once, and found judged here.
	store, err := artifact.Open(t.Context(), t.TempDir())
	require.NoError(t, err)
	for name, c := range map[string]struct {
		away       time.Duration
		status     int
		retryAfter string
		attempts   int // at most
	}{
		"down":       {5 * time.Minute, http.StatusServiceUnavailable, "", 12},
		"at a limit": {5 * time.Minute, http.StatusTooManyRequests, "300", 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Hour, Interceptors: []interceptor.WorkerInterceptor{&summarized{t: t}, &activities.Failures{}}})
			began := w.Now()
			recognizer := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				if w.Now().Sub(began) < c.away {
					if c.retryAfter != "" {
						rw.Header().Set("Retry-After", c.retryAfter)
					}
					rw.WriteHeader(c.status)
					return
				}
				_, _ = rw.Write([]byte(`{"text":"This is Naomi Jones, my parcel is late."}`))
			}))
			t.Cleanup(recognizer.Close)
			hearing, in := recorded(t, store, recognizer.URL)
			w.RegisterActivity(hearing)
			w.OnActivity(calls.ClassifyCall, mock.Anything, mock.Anything).Return(said, nil)
			w.ExecuteWorkflow(AnalyzeCall, in)

			require.NoError(t, w.GetWorkflowError())
			if n := w.times("TranscribeCall"); n < 2 || n > c.attempts {
				t.Errorf("it was tried %d times, want 2 to %d", n, c.attempts)
			}
			if took := w.Now().Sub(began); took < c.away || took > c.away+2*time.Minute {
				t.Errorf("it took %s, where the recognizer was away for %s", took, c.away)
			}
			kept, err := hearing.Results.Get(context.Background(), "0042")
			require.NoError(t, err)
			require.NotEmpty(t, kept.Turns)
			require.NotContains(t, fmt.Sprint(kept.Turns), "Naomi")
			require.Contains(t, fmt.Sprint(kept.Turns), "my parcel is late")
		})
	}
}
