package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"switchboard/internal/problem"
)

// Where the recognizer is that `make asr` installs, and the sample's recordings, whose
// events say that they are at recordingsAddress.
const (
	recognizerPython  = "tools/asr/.venv/bin/python"
	recognizerProgram = "tools/asr/server.py"
	recordingsFolder  = "datasets/sample/calls/audio"
	recordingsAddress = "127.0.0.1:8094"
)

// recognizer is the process that turns recordings into text.
type recognizer struct {
	url     string
	process *exec.Cmd
}

// startRecognizer starts it where it is installed, and returns nil where it is not.
// It takes some seconds until it answers; calls wait for it.
func startRecognizer() (*recognizer, error) {
	for _, file := range []string{recognizerPython, recognizerProgram} {
		if _, err := os.Stat(file); err != nil {
			return nil, nil //nolint:nilerr,nilnil // not being there is no fault
		}
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	python, err := filepath.Abs(recognizerPython)
	if err != nil {
		return nil, err
	}
	r := &recognizer{url: "http://" + address + "/v1", process: exec.Command(python, recognizerProgram, "--listen", address)} //nolint:gosec // the project's own
	r.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}                                                               // Ctrl-C is for us to pass on
	if err := r.process.Start(); err != nil {
		return nil, problem.New(problem.Environment, "the recognizer cannot be started: %w; install it anew with `make asr`", err)
	}
	return r, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", problem.New(problem.Environment, "no port is free for the recognizer: %w", err)
	}
	return l.Addr().String(), l.Close()
}

func (r *recognizer) stop() {
	_ = r.process.Process.Signal(syscall.SIGTERM)
	_ = r.process.Wait() // it reports the signal
}

// serveRecordings lets the sample's recordings be fetched, until the server that it
// returns is closed: nil where they are not at hand, or something else listens there.
func serveRecordings(ctx context.Context) *http.Server {
	if _, err := os.Stat(recordingsFolder); err != nil {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", recordingsAddress)
	if err != nil {
		return nil
	}
	s := &http.Server{Handler: http.FileServer(http.Dir(recordingsFolder)), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			_ = l.Close()
		}
	}()
	return s
}

// withRecordings adds the sample's recordings to the hosts that may be asked.
func withRecordings(hosts string) string {
	return strings.Trim(hosts+","+recordingsAddress, ",")
}
