package speech

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const rate = 8000

func samples(d time.Duration) []int16 { return make([]int16, int64(rate)*int64(d)/int64(time.Second)) }

// voice is noise that rises and falls like syllables do.
func voice(d time.Duration) []int16 {
	random := rand.New(rand.NewPCG(1, 2))
	s := samples(d)
	for i := range s {
		s[i] = int16((random.Float64()*2 - 1) * 12000 * math.Pow(math.Sin(math.Pi*4*float64(i)/rate), 2))
	}
	return s
}

func tone(d time.Duration) []int16 {
	s := samples(d)
	for i := range s {
		s[i] = int16(8000 * math.Sin(2*math.Pi*425*float64(i)/rate))
	}
	return s
}

func join(parts ...[]int16) (all []int16) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// wav is a file of 16-bit PCM; the channels are of one length.
func wav(channels ...[]int16) []byte {
	size := 2 * len(channels) * len(channels[0])
	b := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(36+size))...)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(channels)))
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*rate*len(channels)))
	b = binary.LittleEndian.AppendUint16(b, uint16(2*len(channels)))
	b = append(b, "\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	for i := range channels[0] {
		for _, c := range channels {
			b = binary.LittleEndian.AppendUint16(b, uint16(c[i]))
		}
	}
	return b
}

// asked is a request that a recognizer got.
type asked struct {
	path, key, file string
	content         []byte
	fields          map[string]string
}

// length is that of the file, if it is one that [wav] or package audio wrote.
func (a asked) length() time.Duration {
	return time.Duration(len(a.content)-44) * time.Second / (2 * rate)
}

// reply is what a recognizer answers.
type reply struct {
	status int
	header map[string]string
	body   string
}

func said(body string) reply { return reply{status: http.StatusOK, body: body} }

// recognizer is a server that answers as it is told, and notes what it was asked.
type recognizer struct {
	*httptest.Server
	mu    sync.Mutex
	asked []asked
	// open and most are the requests at a time.
	open, most int
}

func newRecognizer(t testing.TB, answer func(a asked) reply) *recognizer {
	t.Helper()
	r := &recognizer{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		a := read(t, request)
		r.mu.Lock()
		r.asked = append(r.asked, a)
		r.open++
		r.most = max(r.most, r.open)
		r.mu.Unlock()
		got := answer(a)
		r.mu.Lock()
		r.open--
		r.mu.Unlock()
		for key, value := range got.header {
			w.Header().Set(key, value)
		}
		w.WriteHeader(got.status)
		_, _ = io.WriteString(w, got.body)
	}))
	t.Cleanup(r.Close)
	return r
}

func read(t testing.TB, r *http.Request) asked {
	a := asked{path: r.URL.Path, key: r.Header.Get("Authorization"), fields: map[string]string{}}
	form, err := r.MultipartReader()
	if err != nil {
		t.Errorf("the request is no form: %v", err)
		return a
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return a
		}
		if err != nil {
			t.Errorf("the form ends with %v", err)
			return a
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Errorf("a part ends with %v", err)
		}
		if part.FormName() == "file" {
			a.file, a.content = part.FileName(), content
			continue
		}
		a.fields[part.FormName()] = string(content)
	}
}

func (r *recognizer) requests() []asked {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// client asks a server as one of a kind.
func client(t testing.TB, address, server string) *Client {
	t.Helper()
	c, err := New(Options{BaseURL: address + "/v1", Model: "whisper-base", Server: server, RequestTimeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// transcribe asks for a recording, and fails where that fails.
func transcribe(t testing.TB, c *Client, content []byte) Transcript {
	t.Helper()
	got, err := c.Transcribe(t.Context(), Recording{Content: content})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// show writes turns down in a line each.
func show(t Transcript) string {
	var b strings.Builder
	for _, turn := range t.Turns {
		fmt.Fprintf(&b, "%s %.1f-%.1f %s\n", turn.Side, turn.Start, turn.End, turn.Text)
	}
	return b.String()
}
