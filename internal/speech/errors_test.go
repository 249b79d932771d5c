package speech

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

func TestStatusesOfARecognizer(t *testing.T) {
	for name, c := range map[string]struct {
		reply  reply
		reason provider.Reason
		kind   problem.Kind // "" if it may pass
		wait   time.Duration
		says   string
	}{
		"a wrong key":        {reply{status: 401}, provider.Unauthorized, problem.BadInput, 0, "SWITCHBOARD_SPEECH_KEY"},
		"no credit":          {reply{status: 402}, provider.QuotaExhausted, problem.Refused, 0, "add credit"},
		"no permission":      {reply{status: 403}, provider.Forbidden, problem.Refused, 0, "permission"},
		"no model":           {reply{status: 404, body: `{"detail":"Model 'x' is not installed locally"}`}, provider.NotFound, problem.BadInput, 0, `no model "whisper-base"`},
		"no such method":     {reply{status: 405}, provider.NotFound, problem.BadInput, 0, "SWITCHBOARD_SPEECH_URL"},
		"too large":          {reply{status: 413}, provider.TextTooLong, problem.Refused, 0, "of this size"},
		"unreadable audio":   {reply{status: 415}, provider.InvalidRequest, problem.Refused, 0, "cannot read"},
		"refused":            {reply{status: 400}, provider.InvalidRequest, problem.Refused, 0, "refused the recording (400 Bad Request)"},
		"another 4xx":        {reply{status: 451}, provider.InvalidRequest, problem.Refused, 0, "451"},
		"an error in a 200":  {said(`{"error":"failed to read WAV file"}`), provider.InvalidRequest, problem.Refused, 0, "refused"},
		"429":                {reply{status: 429, header: map[string]string{"Retry-After": "7"}}, provider.RateLimited, "", 7 * time.Second, "it asks to wait for 7s"},
		"429 without a time": {reply{status: 429}, provider.RateLimited, "", 0, "rate limit"},
		"429 for good":       {reply{status: 429, body: `{"error":{"code":"insufficient_quota"}}`}, provider.QuotaExhausted, problem.Refused, 0, "add credit"},
		"500":                {reply{status: 500}, provider.ServerError, "", 0, "500"},
		"503 with a time":    {reply{status: 503, header: map[string]string{"Retry-After": "60"}}, provider.ServerError, "", time.Minute, "1m0s"},
		"501":                {reply{status: 501}, provider.InvalidRequest, problem.Refused, 0, "501"},
		"a redirection":      {reply{status: 307, header: map[string]string{"Location": "http://192.0.2.1/v1/audio/transcriptions"}}, provider.Connection, problem.BadInput, 0, "redirects"},
		"another status":     {reply{status: 304}, provider.MalformedResponse, "", 0, "304"},
		"a page":             {said(`<html>Sign in</html>`), provider.MalformedResponse, "", 0, "no JSON at byte 1"},
		"half an answer":     {said(`{"text":"Hel`), provider.MalformedResponse, "", 0, "malformed"},
		"a number":           {said(`{"text":7}`), provider.MalformedResponse, "", 0, "another type"},
		"no text":            {said(`{"task":"transcribe"}`), provider.MalformedResponse, "", 0, "no text"},
		"too much":           {said(`{"text":"` + strings.Repeat("a", maxBody) + `"}`), provider.MalformedResponse, "", 0, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecognizer(t, func(asked) reply { return c.reply })
			_, err := client(t, r.URL, "generic").Transcribe(t.Context(), Recording{Content: wav(voice(time.Second))})
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatalf("got %v", err)
			}
			kind, _ := problem.KindOf(err)
			if failed.Reason != c.reason || kind != c.kind || failed.Permanent != (c.kind != "") || failed.RetryAfter != c.wait || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v: reason %s, kind %q, permanent %v, wait %s", err, failed.Reason, kind, failed.Permanent, failed.RetryAfter)
			}
		})
	}
}

func TestRecognizerIsDown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := client(t, server.URL, "").Transcribe(t.Context(), Recording{Content: wav(voice(time.Second))})
	var failed *Error
	if !errors.As(err, &failed) || failed.Permanent || failed.Reason != provider.Connection || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestRecognizerBreaksOff(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyN(io.Discard, c, 1000)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"text\":\"Naomi")
			c.Close()
		}
	}()
	_, err = client(t, "http://"+listener.Addr().String(), "").Transcribe(t.Context(), Recording{Content: wav(voice(time.Second))})
	var failed *Error
	if !errors.As(err, &failed) || failed.Permanent || strings.Contains(err.Error(), "Naomi") {
		t.Errorf("got %v", err)
	}
}

func TestRecognizerIsSlow(t *testing.T) {
	release := make(chan struct{})
	r := newRecognizer(t, func(asked) reply { <-release; return said(`{"text":"Hello."}`) })
	defer close(release)
	c, err := New(Options{BaseURL: r.URL, Model: "m", RequestTimeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Transcribe(t.Context(), Recording{Content: wav(voice(time.Second))})
	var failed *Error
	if !errors.As(err, &failed) || failed.Permanent || failed.Reason != provider.Timeout || !strings.Contains(err.Error(), "gave no answer within 10ms") {
		t.Errorf("got %v", err)
	}
}

func TestRecognizerWithAnUnknownCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = nil
	_, err := client(t, server.URL, "").Transcribe(t.Context(), Recording{Content: wav(voice(time.Second))})
	if kind, _ := problem.KindOf(err); kind != problem.Environment || !strings.Contains(err.Error(), "its authority is unknown") {
		t.Errorf("got %v", err)
	}
}

// What was said, and pieces of it in any case.
const heard = "Marigold Quetzal lost her parcel 471193 at Zwickau"

var piecesOfIt = []string{"marig", "gold", "quetz", "tzal", "zwick", "ckau", "471193", "parcel"}

func leaked(s string) string {
	s = strings.ToLower(s)
	for _, piece := range piecesOfIt {
		if strings.Contains(s, piece) {
			return piece
		}
	}
	return ""
}

// chain is all that an error says, and what it wraps: Temporal stores both.
func chain(err error) string {
	var all []string
	for ; err != nil; err = errors.Unwrap(err) {
		all = append(all, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	return strings.Join(all, "\n")
}

// A recognizer that says in its errors what it heard, wherever it can, is repeated
// nowhere but in the text.
func TestRecognizerThatEchoesIsNotQuoted(t *testing.T) {
	quoted, err := json.Marshal(heard)
	if err != nil {
		t.Fatal(err)
	}
	q := string(quoted)
	bodies := []string{
		heard, q, `{"error":` + q + `}`, `{"error":{"message":` + q + `,"type":` + q + `,"code":` + q + `,"param":` + q + `}}`, `{"detail":` + q + `}`,
		`{"detail":[{"loc":[` + q + `],"msg":` + q + `,"type":` + q + `}]}`, `{` + q + `:1}`, `{"text":{` + q + `:1}}`, `{"segments":` + q + `}`, `[` + q + `]`, `{"text":` + q[:20],
		"<html>" + heard, `{"segments":[{"text":[` + q + `]}]}`, "\x00" + heard,
	}
	headers := []map[string]string{{"Retry-After": heard}, {"Location": "http://" + strings.ReplaceAll(heard, " ", ".") + "/"}, {"Content-Type": heard}, {"WWW-Authenticate": heard}}
	var next reply
	r := newRecognizer(t, func(asked) reply { return next })
	sound := wav(voice(500 * time.Millisecond))
	try := func(answer reply) {
		next = answer
		_, err := client(t, r.URL, "generic").Transcribe(t.Context(), Recording{Content: sound})
		if err == nil && answer.status/100 != 2 {
			t.Errorf("status %d passed", answer.status)
		}
		if piece := leaked(chain(err)); piece != "" {
			t.Fatalf("status %d with %v and %s lets %q through: %s", answer.status, answer.header, answer.body, piece, chain(err))
		}
	}
	for _, status := range []int{200, 201, 302, 307, 400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 422, 425, 429, 451, 500, 501, 503, 599} {
		for _, body := range bodies {
			try(reply{status: status, body: body})
		}
		for _, header := range headers {
			try(reply{status, header, bodies[3]})
		}
	}
}

// The same, where the recognizer does not even speak HTTP.
func TestRecognizerThatEchoesWithoutHTTPIsNotQuoted(t *testing.T) {
	for _, answer := range []string{heard + "\r\n\r\n", "HTTP/1.1 500 " + heard + "\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 " + heard + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + heard + "\r\n\r\n"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyN(io.Discard, c, 4000)
			_, _ = io.WriteString(c, answer)
			c.Close()
		}()
		_, err = client(t, "http://"+listener.Addr().String(), "").Transcribe(t.Context(), Recording{Content: wav(voice(time.Second))})
		if piece := leaked(chain(err)); err == nil || piece != "" {
			t.Errorf("%q: %s", answer, chain(err))
		}
		listener.Close()
	}
}

// Fields that are no text carry nothing on.
func TestOtherFieldsOfAnAnswerAreNotTakenOver(t *testing.T) {
	r := newRecognizer(t, func(asked) reply {
		return said(`{"text":"Hello.","language":"` + heard + `","task":"` + heard + `","languages":[{"code":"` + heard + `"}],"segments":[{"text":"Hello.","start":"` + heard + `","end":{},"speaker":"` + heard + `"}]}`)
	})
	got := transcribe(t, client(t, r.URL, "generic"), wav(voice(time.Second)))
	if piece := leaked(fmt.Sprintf("%+v", got)); piece != "" || got.Turns[0].Text != "Hello." {
		t.Errorf("%q is in %+v", piece, got)
	}
}

// FuzzAnswer holds that whatever comes as an answer, it can be used or is an [*Error] that
// quotes nothing of it.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"text":"Hello.","language":"en","segments":[{"start":0,"end":1,"text":"Hello.","no_speech_prob":0.1,"avg_logprob":-0.2,"speaker":"A"}]}`,
		`{"text":null}`, `{"error":{"message":"no"}}`, `{"detail":[{"loc":["body"],"msg":"no"}]}`, `{"languages":[{"code":"de"}],"text":""}`, `[]`, `{"segments":[{}]}`, `{"text":"no no no no no no no no no"}`,
	} {
		f.Add(seed)
	}
	c, err := New(Options{BaseURL: "http://127.0.0.1:1/v1", Model: "m"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a, err := c.read([]byte(body))
		var failed *Error
		if err != nil && !errors.As(err, &failed) {
			t.Fatalf("got %v", err)
		}
		p := heardPiece{answer: a, length: 2 * time.Second, sounding: func(from, to time.Duration) time.Duration { return max(min(to, 2*time.Second)-max(from, 0), 0) }}
		got := c.merge([]heardPiece{p}, 2, "")
		if (got.Status == NoSpeech) != (len(got.Turns) == 0) || len(got.Language) > 3 || got.Dropped < 0 {
			t.Errorf("%+v", got)
		}
		for _, turn := range got.Turns {
			if turn.Text == "" || turn.Start < 0 || turn.End > 2 || turn.End < turn.Start {
				t.Errorf("%+v", turn)
			}
		}
	})
}

// FuzzOnce holds that what is not repeated stays as it is, and that nothing is added.
func FuzzOnce(f *testing.F) {
	f.Add("no no no no no no no")
	f.Add("I want it back. I want it back. I want it back. I want it back. Now.")
	f.Add("hahahahahahahahahaha")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) { // JSON has no other
			t.Skip()
		}
		got := once(text)
		if len(got) > len(text) || once(strings.Join(strings.Fields(text), " ")) != got {
			t.Errorf("of %q comes %q", text, got)
		}
		if strings.TrimSpace(text) != "" && got == "" {
			t.Errorf("nothing is left of %q", text)
		}
	})
}
