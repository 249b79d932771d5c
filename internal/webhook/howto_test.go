package webhook

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The receiver in the how-to understands what is sent, and nothing that was changed
// on the way.
func TestReceiverOfTheHowTo(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	text, err := os.ReadFile("../../docs/how-to.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```python\n(.*?Receiver.*?)```").FindSubmatch(text)
	if found == nil {
		t.Fatal("docs/how-to.md shows no receiver")
	}
	// On a port that is free, which it tells first.
	const serving = `http.server.HTTPServer(("127.0.0.1", 8000), Receiver).serve_forever()`
	program := strings.Replace(string(found[1]), serving, strings.Join([]string{
		`receiver = http.server.HTTPServer(("127.0.0.1", 0), Receiver)`, `print(receiver.server_port, flush=True)`, `receiver.serve_forever()`,
	}, "\n"), 1)
	cmd := exec.Command(python, "-c", program)
	cmd.Env = append(os.Environ(), "SWITCHBOARD_NOTIFY_SECRET="+secret)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	lines := bufio.NewReader(out)
	port, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	port = strings.TrimSpace(port)

	s, err := NewSender("localhost:"+port, secret)
	if err != nil {
		t.Fatal(err)
	}
	address, body := "http://localhost:"+port+"/", []byte(`{"type":"run.done","data":{"workflow_id":"apply-x-1"}}`)
	if err := s.Send(t.Context(), address, "id-1", body); err != nil {
		t.Fatal(err)
	}
	line, err := lines.ReadString('\n')
	if err != nil || line != "run.done apply-x-1\n" {
		t.Errorf("it printed %q, %v", line, err)
	}
	for name, change := range map[string]func(h http.Header){
		"another id":     func(h http.Header) { h.Set(HeaderID, "id-2") },
		"an old request": func(h http.Header) { h.Set(HeaderTimestamp, fmt.Sprint(time.Now().Add(-time.Hour).Unix())) },
	} {
		request, err := s.request(t.Context(), address, "id-1", body)
		if err != nil {
			t.Fatal(err)
		}
		change(request.Header)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s is answered with %s", name, answer.Status)
		}
	}
}
