package main

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// environment has the settings of a server on a free port.
func environment(t *testing.T) map[string]string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return map[string]string{
		"SWITCHBOARD_MODELSERVER_ADDRESS": listener.Addr().String(),
		"SWITCHBOARD_MODELSERVER_DATA":    filepath.Join(t.TempDir(), "data"),
		"SWITCHBOARD_MODELSERVER_KEYS":    "first, second",
	}
}

func lookUp(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestServesUntilInterrupted(t *testing.T) {
	env := environment(t)
	ctx, interrupt := context.WithCancel(t.Context())
	done := make(chan error, 1)
	var log bytes.Buffer
	go func() { done <- run(ctx, nil, lookUp(env), &log) }()

	health := func() error { return run(t.Context(), []string{"health"}, lookUp(env), &bytes.Buffer{}) }
	waitUntil(t, "the server is healthy", func() bool { return health() == nil })
	// The port and the directory are taken now.
	var again bytes.Buffer
	if err := run(t.Context(), nil, lookUp(env), &again); exitCode(err) != 3 || !strings.Contains(err.Error(), "cannot serve on") {
		t.Errorf("a second server on the port ends with %v, exit code %d; want a sentence and 3", err, exitCode(err))
	}
	if err := run(t.Context(), []string{"-address", "127.0.0.1:0"}, lookUp(env), &again); exitCode(err) != 3 || !strings.Contains(err.Error(), "another model server") {
		t.Errorf("a second server on the directory ends with %v, exit code %d; want a sentence and 3", err, exitCode(err))
	}
	interrupt()
	if err := <-done; err != nil {
		t.Errorf("the server ended with %v, want nil", err)
	}
	if err := health(); err == nil || exitCode(err) != 1 {
		t.Errorf("health after the end is %v, exit code %d; want an error and 1", err, exitCode(err))
	}
	if strings.Contains(log.String(), "first") || strings.Contains(log.String(), "second") {
		t.Error("the log holds an API key")
	}
}

func TestRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		env  map[string]string
		want string
		code int
	}{
		"no keys":        {nil, map[string]string{"SWITCHBOARD_MODELSERVER_KEYS": " , "}, "no API key", 2},
		"other command":  {[]string{"serve"}, nil, "modelserver has no command \"serve\"; see `modelserver --help`", 2},
		"near command":   {[]string{"helth"}, nil, `modelserver has no command "helth"; did you mean health?`, 2},
		"unknown flag":   {[]string{"-port", "1"}, nil, "unknown flag: -port; see `modelserver --help`", 2},
		"near flag":      {[]string{"--addres", "x"}, nil, "unknown flag: -addres; did you mean -address?", 2}, //nolint:misspell // on purpose
		"wrong value":    {[]string{"-max-chats", "many"}, nil, "see `modelserver --help`", 2},
		"bad address":    {[]string{"health", "-address", "nowhere"}, nil, "give a host and a port", 2},
		"help":           {[]string{"-help"}, nil, "help requested", 0},
		"nobody answers": {[]string{"health", "-address", "127.0.0.1:1"}, nil, "asking the model server", 1},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), test.args, lookUp(test.env), &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), test.want) || exitCode(err) != test.code {
				t.Errorf("ends with %v, exit code %d; want %q and %d", err, exitCode(err), test.want, test.code)
			}
		})
	}
}

// A mistake is answered with a sentence, and not with the list of all flags.
func TestMistakesPrintNoUsage(t *testing.T) {
	for args, want := range map[string]string{"-foo": "", "--version": "modelserver ", "--help": "Serve OpenAI's endpoints"} {
		var out bytes.Buffer
		_ = run(t.Context(), []string{args}, lookUp(nil), &out)
		if !strings.HasPrefix(out.String(), want) || want == "" && out.Len() > 0 {
			t.Errorf("modelserver %s prints %q, want %q", args, out.String(), want)
		}
	}
}
