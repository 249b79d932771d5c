package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"switchboard/internal/problem"
)

// Help and a wrong command line are answered at once: no server is asked, and nothing
// is made.
func TestHelpNeedsNoServer(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1") // reserved: nothing listens
	cmd := command()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--help"})
	if err := cmd.ExecuteContext(t.Context()); err != nil || !strings.Contains(out.String(), "SWITCHBOARD_DASHBOARD_URL") || !strings.Contains(out.String(), "TEMPORAL_ADDRESS") {
		t.Errorf("%v\n%s", err, out.String())
	}
	for _, c := range []struct {
		args    []string
		setting string
		value   string
		code    int
		says    string
	}{
		{[]string{"--port=x"}, "", "", 2, "unknown flag"},
		{[]string{"helth"}, "", "", 2, "did you mean health?"},
		{[]string{"users"}, "", "", 2, "needs a command"},
		{[]string{"users", "invite"}, "", "", 2, "takes 1 arguments, not 0"},
		{nil, "", "", 3, "no Temporal server answers"},
		{nil, "SWITCHBOARD_DASHBOARD_ADDRESS", "here", 2, `SWITCHBOARD_DASHBOARD_ADDRESS is "here"`},
		{nil, "SWITCHBOARD_DASHBOARD_TLS_CERT", "cert.pem", 2, "SWITCHBOARD_DASHBOARD_TLS_KEY"},
		{nil, "SWITCHBOARD_DASHBOARD_URL", "https://calls.example.com/page", 2, "without a path"},
		{[]string{"health"}, "SWITCHBOARD_DASHBOARD_ADDRESS", "127.0.0.1:1", 1, "asking the dashboard"},
	} {
		t.Run(strings.Join(c.args, " ")+c.setting, func(t *testing.T) {
			if c.setting != "" {
				t.Setenv(c.setting, c.value)
			}
			cmd := command()
			cmd.SetOut(&out)
			cmd.SetArgs(append([]string{}, c.args...))
			if err := cmd.ExecuteContext(t.Context()); problem.ExitCode(err) != c.code || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("dashboard %v: %v, want exit code %d with %q", c.args, err, c.code, c.says)
			}
		})
	}
}

// Whoever is at the machine can let people in, with the database alone.
func TestUsersAreChangedAtTheMachine(t *testing.T) {
	t.Setenv("DATABASE_URL", filepath.Join(t.TempDir(), "switchboard.db"))
	t.Setenv("SWITCHBOARD_DASHBOARD_URL", "https://calls.example.com")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"list", 0, `^NAME +ROLE +STATE`},
		{"add ann --role admin", 0, `ann chooses a password at\nhttps://calls\.example\.com/welcome\?token=\w+\n`},
		{"add ann", 2, "already"},
		{"add bob --role boss", 2, "is no role"},
		{"add bob", 0, "bob chooses"},
		{"role bob reviewer", 0, ""},
		{"role bob boss", 2, "is no role"},
		{"disable bob", 0, ""},
		{"disable ann", 2, "the last admin"},
		{"invite bob", 2, "disabled"},
		{"enable bob", 0, ""},
		{"invite bob", 0, "bob chooses"},
		{"invite nobody", 2, "no such user"},
		{"list", 0, `ann +admin +invited .*\nbob +reviewer +invited `},
	} {
		cmd := command()
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetArgs(append([]string{"users"}, strings.Fields(c.args)...))
		err := cmd.ExecuteContext(t.Context())
		said := out.String()
		if err != nil {
			said = err.Error()
		}
		if problem.ExitCode(err) != c.code || !regexp.MustCompile(c.says).MatchString(said) {
			t.Errorf("users %s: exit code %d, %q; want %d, %q", c.args, problem.ExitCode(err), said, c.code, c.says)
		}
	}
}
