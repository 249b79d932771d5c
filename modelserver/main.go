// Modelserver is the model server as a process of its own: OpenAI's endpoints
// for files, fine-tuning jobs, models and chat completions over a linear
// classifier that trains on the CPU. See internal/modelserver.
//
//	modelserver [flags]           serve until interrupted
//	modelserver health [flags]    exit 0 if a server answers, 1 if not
//
// Settings come from flags or the environment:
//
//	-address  SWITCHBOARD_MODELSERVER_ADDRESS  127.0.0.1:8090
//	-data     SWITCHBOARD_MODELSERVER_DATA     .switchboard/modelserver
//	          SWITCHBOARD_MODELSERVER_KEYS     accepted API keys, with commas between
//
// Keys have no flag, because other users of a machine can read the flags of a
// process. Exit codes: 0 done, 1 failed, 2 bad input, 3 something around the
// program is missing.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"switchboard/internal/modelserver"
	"switchboard/internal/problem"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "modelserver:", err)
	}
	os.Exit(exitCode(err))
}

func exitCode(err error) int {
	kind, _ := problem.KindOf(err)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case kind == problem.BadInput:
		return 2
	case kind == problem.Environment:
		return 3
	}
	return 1
}

type settings struct {
	address, data string
	debug         bool
}

// run does what the arguments ask for. Logs and usage go to stderr.
func run(ctx context.Context, args []string, env func(string) string, stderr io.Writer) error {
	health := len(args) > 0 && args[0] == "health"
	if health {
		args = args[1:]
	}
	var s settings
	flags := flag.NewFlagSet("modelserver", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.address, "address", cmp.Or(env("SWITCHBOARD_MODELSERVER_ADDRESS"), "127.0.0.1:8090"), "host and port to serve on")
	flags.StringVar(&s.data, "data", cmp.Or(env("SWITCHBOARD_MODELSERVER_DATA"), ".switchboard/modelserver"), "data directory")
	flags.BoolVar(&s.debug, "debug", false, "log every request")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return problem.Input("reading the flags: %w", err)
	}
	if flags.NArg() > 0 {
		return problem.Input("%q is no command: the only one is \"health\"", flags.Arg(0))
	}
	if health {
		return check(ctx, s.address)
	}
	return serve(ctx, s, keys(env("SWITCHBOARD_MODELSERVER_KEYS")), stderr)
}

func keys(list string) []string {
	var found []string
	for key := range strings.SplitSeq(list, ",") {
		if key = strings.TrimSpace(key); key != "" {
			found = append(found, key)
		}
	}
	return found
}

func serve(ctx context.Context, s settings, keys []string, stderr io.Writer) (err error) {
	if len(keys) == 0 {
		return problem.Input("no API key is set: put at least one, such as the output of \"openssl rand -hex 24\", into SWITCHBOARD_MODELSERVER_KEYS")
	}
	level := slog.LevelInfo
	if s.debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return problem.New(problem.Environment, "cannot serve on %s: %w: stop what uses it, or set SWITCHBOARD_MODELSERVER_ADDRESS", s.address, err)
	}
	defer listener.Close()
	server, err := modelserver.New(modelserver.Options{Dir: s.data, Keys: keys, Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	log.Info("serving", "address", listener.Addr().String(), "model", modelserver.BaseModel)
	return server.Serve(ctx, listener)
}

// check asks a server on this machine for its health.
func check(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return problem.Input("%q is no host and port: %w", address, err)
	}
	// A server on all interfaces is asked on the nearest one.
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking the model server: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the model server answers %s", response.Status)
	}
	return nil
}
