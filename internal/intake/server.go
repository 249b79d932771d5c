package intake

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/call"
	"switchboard/internal/kafka"
	"switchboard/internal/problem"
)

const (
	// maxRequests is how many events are read and written at once; with their
	// largest size it bounds the memory that they take.
	maxRequests = 64
	// requestTime is for a client to send a request, a third of it for the headers.
	requestTime = 30 * time.Second
	// produceTime is for Kafka to take an event.
	produceTime = 25 * time.Second
)

// sending takes calls by HTTP and writes them to the topic.
type sending struct {
	kafka  *kafka.Client
	keys   [][sha256.Size]byte
	issued issuedKeys
	turns  chan struct{}
	ready  func() bool
	meters *meters
	log    *slog.Logger
}

func newSending(client *kafka.Client, keys []string, issued Issued, ready func() bool, m *meters, log *slog.Logger) *sending {
	s := &sending{kafka: client, turns: make(chan struct{}, maxRequests), ready: ready, meters: m, log: log, issued: issuedKeys{keys: issued, now: time.Now, known: map[[sha256.Size]byte]time.Time{}}}
	for _, key := range keys {
		s.keys = append(s.keys, sha256.Sum256([]byte(key)))
	}
	return s
}

// handler serves the calls, and what is asked by those who look after the process.
func (s *sending) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/calls", func(w http.ResponseWriter, r *http.Request) {
		a := s.send(w, r)
		s.meters.requests.WithLabelValues(strconv.Itoa(a.Status)).Inc()
		a.write(w)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.ready() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return mux
}

// answer is what a request gets: the id of its call, or what is wrong as RFC 9457 has
// it.
type answer struct {
	CallID string `json:"call_id,omitempty"`
	Title  string `json:"title,omitempty"`
	Status int    `json:"status,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Reason is the one that a dead letter would have.
	Reason call.Reason `json:"reason,omitempty"`
}

func (a answer) write(w http.ResponseWriter) {
	status := a.Status
	w.Header().Set("Content-Type", "application/problem+json")
	switch {
	case a.CallID != "":
		w.Header().Set("Content-Type", "application/json")
		a.Status = 0
	case status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	// Whoever has gone away needs no answer.
	_ = json.NewEncoder(w).Encode(a)
}

func refuse(status int, detail string) answer {
	return answer{Title: http.StatusText(status), Status: status, Detail: detail}
}

// send writes the event of a request to Kafka.
func (s *sending) send(w http.ResponseWriter, r *http.Request) answer {
	if refused, ok := s.admit(r); !ok {
		return refused
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	default:
		return refuse(http.StatusTooManyRequests, "Too many calls are being sent at once. Send this one again.")
	}
	value, err := io.ReadAll(http.MaxBytesReader(w, r.Body, call.MaxEvent))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return s.unusable(call.TooLong())
	case err != nil:
		return refuse(http.StatusBadRequest, "The event did not come to its end in time.")
	}
	e, err := read(kafka.Record{Value: value, Time: time.Now()})
	var bad *call.Unusable
	if errors.As(err, &bad) {
		return s.unusable(bad)
	}
	return s.produce(r.Context(), e.ID, value)
}

// admit looks at what is known before the event is read.
func (s *sending) admit(r *http.Request) (answer, bool) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	has, asked := s.hasKey(r)
	switch {
	case asked != nil:
		s.log.Warn("the key of a call could not be looked up", "error", asked)
		return refuse(http.StatusServiceUnavailable, "The API key cannot be looked up just now. Send the call again."), false
	case !has:
		return refuse(http.StatusUnauthorized, "The API key is missing or wrong. Send it as \"Authorization: Bearer KEY\"."), false
	case err != nil || media != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") || r.Header.Get("Content-Encoding") != "":
		return refuse(http.StatusUnsupportedMediaType, "The event must be JSON in UTF-8, not compressed, with the content type application/json."), false
	case r.ContentLength > call.MaxEvent:
		return s.unusable(call.TooLong()), false
	}
	return answer{}, true
}

// hasKey compares with all keys, so that time tells nothing, and looks up what is none
// of them among those that were issued.
func (s *sending) hasKey(r *http.Request) (bool, error) {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	key = strings.TrimSpace(key)
	given, found := sha256.Sum256([]byte(key)), 0
	for _, known := range s.keys {
		found |= subtle.ConstantTimeCompare(given[:], known[:])
	}
	if !bearer || found == 1 || s.issued.keys == nil {
		return bearer && found == 1, nil
	}
	return s.issued.has(r.Context(), key, given)
}

func (s *sending) unusable(why *call.Unusable) answer {
	s.meters.refused.WithLabelValues("http", string(why.Reason)).Inc()
	status := http.StatusBadRequest
	if why.Reason == call.TooLarge {
		status = http.StatusRequestEntityTooLarge
	}
	a := refuse(status, sentence(why.Error()))
	a.Reason = why.Reason
	return a
}

// sentence makes one of an error's text.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

// produce answers once all replicas that count have the event. Events of one call
// are in one partition, in the order in which they were sent.
func (s *sending) produce(ctx context.Context, id string, value []byte) answer {
	limited, cancel := context.WithTimeout(ctx, produceTime)
	defer cancel()
	err := s.kafka.Produce(limited, s.kafka.Options().Topic, []byte(id), value, nil)
	if kind, _ := problem.KindOf(err); kind == problem.BadInput {
		return refuse(http.StatusRequestEntityTooLarge, "The event is larger than Kafka takes it.")
	}
	if err != nil {
		s.log.Warn("a call could not be written to Kafka", "error", err)
		return refuse(http.StatusServiceUnavailable, "The call could not be kept. Send it again: if it was kept after all, that is one call all the same.")
	}
	return answer{CallID: id, Status: http.StatusAccepted}
}
