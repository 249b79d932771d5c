package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"switchboard/internal/config"
	"switchboard/internal/console"
)

// defaultPorts are where the starter and everybody else look first.
const (
	temporalPort = 7233
	uiPort       = 8233
	kafkaPort    = 9092
)

// ready is what is printed once everything runs. The command in it works as it is.
func (s *stack) ready() string {
	return fmt.Sprintf("Temporal      %s\nWeb UI        %s\nProvider      %s\nArtifacts     %s\nKafka         %s\nIntake        http://%s\nDashboard     %s\n",
		s.temporal.Address(), s.temporal.UIURL(), s.config.ProviderURL, absolute(s.config.Artifacts),
		strings.Join(s.config.Kafka.Brokers, ","), s.intake.Address(), s.pages.URL()) +
		s.welcomeLine() +
		s.recognizerLine() +
		"Ready. Try `go run ./starter " + strings.Join(append(trial(), addressFlag(s.temporal.Address())...), " ") + "`; Ctrl-C stops.\n"
}

// welcomeLine says where the first person to use the dashboard begins.
func (s *stack) welcomeLine() string {
	if s.welcome == "" {
		return ""
	}
	return "First login   " + s.welcome + "\n"
}

// recognizerLine says who turns recordings into text.
func (s *stack) recognizerLine() string {
	if s.config.SpeechURL == "" {
		return "Recognizer    none; `make asr` installs one for recordings of calls\n"
	}
	return "Recognizer    " + s.config.SpeechURL + "\n"
}

// trial fine-tunes on the sample, where it is at hand.
func trial() []string {
	if _, err := os.Stat(sampleTraining); err != nil {
		return []string{"finetune", "--dataset", "FILE", "--watch"}
	}
	return []string{"finetune", "--dataset", sampleTraining, "--watch"}
}

// addressFlag tells the starter where the server is, if not where it looks by itself.
func addressFlag(address string) []string {
	if _, port, err := net.SplitHostPort(address); err == nil && port == strconv.Itoa(temporalPort) {
		return nil
	}
	return []string{"--address", address}
}

// again is the command that starts everything with the same state and ports.
func (o options) again() string {
	line := "go run ./standalone"
	if o.dir != config.StateDir {
		line += " --data " + console.Quote(absolute(o.dir))
	}
	for _, p := range []struct {
		flag        string
		port, usual int
	}{{"temporal-port", o.temporalPort, temporalPort}, {"ui-port", o.uiPort, uiPort}, {"model-port", o.modelPort, config.ModelServerPort}, {"kafka-port", o.kafkaPort, kafkaPort}, {"intake-port", o.intakePort, config.IntakePort}, {"dashboard-port", o.dashboardPort, config.DashboardPort}} {
		if p.port != p.usual {
			line += fmt.Sprintf(" --%s %d", p.flag, p.port)
		}
	}
	if o.encoder != "" {
		line += " --encoder " + console.Quote(absolute(o.encoder))
	}
	return line
}

// absolute is a path as it is from any folder; a URL stays as it is.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil && !strings.Contains(path, "://") {
		return abs
	}
	return path
}
