package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.temporal.io/sdk/client"

	"switchboard/internal/call"
	"switchboard/internal/cli"
	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
	"switchboard/internal/temporal"
)

// The tests here run the real program as a process of its own, drive it with
// the real starter, and look at what is left: histories, files, exit codes.

var program string // the built standalone

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "standalone")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// The weakest there is: what is closed nevertheless was closed on purpose.
	syscall.Umask(0)
	program = filepath.Join(dir, "standalone")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building standalone: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func slow(t *testing.T) {
	t.Helper()
	if os.Getenv("SLOW_TESTS") == "" {
		t.Skip("slow: set SLOW_TESTS=1, or run make test-slow")
	}
}

// harness is one folder with a standalone that works in it. The process may be
// killed and started again; ports and state stay.
type harness struct {
	t       *testing.T
	dir     string
	ports   [6]string
	env     []string
	process *exec.Cmd
	errors  *bytes.Buffer
	// welcome is the link to the dashboard for its first administrator.
	welcome string
}

func newHarness(t *testing.T, env ...string) *harness {
	t.Helper()
	// Free ports are found by the program itself, at its first start.
	th := &harness{t: t, dir: t.TempDir(), ports: [6]string{"0", "0", "0", "0", "0", "0"}}
	th.env = append(os.Environ(), "SWITCHBOARD_ARTIFACTS="+filepath.Join(th.dir, "artifacts"))
	th.env = append(th.env, env...)
	return th
}

func (th *harness) args(more ...string) []string {
	return append([]string{
		"--data", filepath.Join(th.dir, "state"),
		"--temporal-port", th.ports[0], "--ui-port", th.ports[1], "--model-port", th.ports[2],
		"--kafka-port", th.ports[3], "--intake-port", th.ports[4], "--dashboard-port", th.ports[5],
	}, more...)
}

// open starts the process and waits until it is ready.
func (th *harness) open() {
	th.t.Helper()
	th.process = exec.Command(program, th.args()...)
	th.process.Env = th.env
	th.process.Dir = th.dir
	th.errors = &bytes.Buffer{}
	th.process.Stderr = th.errors
	out, err := th.process.StdoutPipe()
	if err != nil {
		th.t.Fatal(err)
	}
	if err := th.process.Start(); err != nil {
		th.t.Fatal(err)
	}
	th.t.Cleanup(th.kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		th.notePort(lines.Text())
		if strings.HasPrefix(lines.Text(), "Ready") {
			return
		}
	}
	err = th.process.Wait()
	th.process = nil
	th.t.Fatalf("standalone ended before it was ready: %v\n%s", err, th.errors)
}

var portLine = regexp.MustCompile(`^(Temporal|Web UI|Provider|Kafka|Intake|Dashboard) .*127\.0\.0\.1:(\d+)`)

// notePort reads where a part of the program listens. It stays there when the
// program is started again.
func (th *harness) notePort(line string) {
	if m := portLine.FindStringSubmatch(line); m != nil {
		th.ports[slices.Index([]string{"Temporal", "Web UI", "Provider", "Kafka", "Intake", "Dashboard"}, m[1])] = m[2]
	}
	if link, ok := strings.CutPrefix(line, "First login"); ok {
		th.welcome = strings.TrimSpace(link)
	}
}

// kill ends the process as a power cut would.
func (th *harness) kill() {
	if th.process == nil {
		return
	}
	_ = th.process.Process.Kill()
	_ = th.process.Wait() // reports the kill
	th.process = nil
}

func (th *harness) ui() string { return "http://127.0.0.1:" + th.ports[1] }

func (th *harness) address() string { return "127.0.0.1:" + th.ports[0] }

// starter runs one command of the starter.
func (th *harness) starter(args ...string) (code int, out, errOut string) {
	th.t.Helper()
	var o, e bytes.Buffer
	// Of all settings the starter needs where Temporal is, and for calls the intake.
	env := append(th.env, "TEMPORAL_ADDRESS="+th.address(), "SWITCHBOARD_INTAKE_URL=http://127.0.0.1:"+th.ports[4], "SWITCHBOARD_INTAKE_KEY_FILE="+filepath.Join(th.dir, "state", "api-key"))
	code = cli.Run(th.t.Context(), args, env, &o, &e)
	return code, o.String(), e.String()
}

// report is what commands print with --json, as far as the tests need it.
type report struct {
	WorkflowID string                   `json:"workflow_id"`
	RunID      string                   `json:"run_id"`
	State      string                   `json:"state"`
	Stage      pipeline.Stage           `json:"stage"`
	Status     *pipeline.Status         `json:"status"`
	FineTune   *pipeline.FineTuneResult `json:"fine_tune"`
	Retrain    *pipeline.RetrainResult  `json:"retrain"`
	Evaluate   *pipeline.EvaluateResult `json:"evaluate"`
	Apply      *pipeline.ApplyResult    `json:"apply"`

	Call   *pipeline.AnalyzeCallResult `json:"call"`
	Answer *call.Answer                `json:"answer"`
}

// run runs a command that must succeed.
func (th *harness) run(args ...string) report {
	th.t.Helper()
	code, out, errOut := th.starter(append(args, "--json")...)
	if code != 0 {
		th.t.Fatalf("starter %s: exit code %d\n%s%s\nstandalone said: %s", strings.Join(args, " "), code, out, errOut, th.errors)
	}
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		th.t.Fatalf("starter %s printed no JSON: %v\n%s", strings.Join(args, " "), err, out)
	}
	return r
}

func (th *harness) artifact(path string) []byte {
	th.t.Helper()
	content, err := os.ReadFile(filepath.Join(th.dir, "artifacts", path))
	if err != nil {
		th.t.Fatal(err)
	}
	return content
}

func (th *harness) temporal() client.Client {
	th.t.Helper()
	c, err := temporal.Dial(th.t.Context(), temporal.Options{Address: th.address()})
	if err != nil {
		th.t.Fatal(err)
	}
	th.t.Cleanup(c.Close)
	return c
}

func (th *harness) provider() *provider.Client {
	th.t.Helper()
	key, err := os.ReadFile(filepath.Join(th.dir, "state", "api-key"))
	if err != nil {
		th.t.Fatal(err)
	}
	p, err := provider.New(provider.Options{BaseURL: "http://127.0.0.1:" + th.ports[2] + "/v1", APIKey: strings.TrimSpace(string(key))})
	if err != nil {
		th.t.Fatal(err)
	}
	return p
}

// tweets writes a training file of n threads between five companies and their
// customers, and a production file of a third as many without authors and
// mentions. Marker is in every text: what leaks can be searched for.
const marker = "zyxgloomp"

func tweets(t *testing.T, dir string, n int) (training, production string) {
	t.Helper()
	companies := []struct{ handle, about, place string }{
		{"AcmeHelp", "parcel", "depot"}, {"BoltRail", "train", "platform"}, {"CirrusAir", "flight", "gate"},
		{"DromeBank", "card", "branch"}, {"EchoTel", "signal", "mast"},
	}
	var a, b strings.Builder
	a.WriteString("tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n")
	b.WriteString("tweet_id,text,response_tweet_id,in_response_to_tweet_id\n")
	for i := range n {
		c := companies[i%len(companies)]
		ask := fmt.Sprintf("my %s is late again at %s %d %s", c.about, c.place, i, marker)
		reply := fmt.Sprintf("Hi Naomi, we are sorry about the %s, %s %d. -JB", c.about, marker, i)
		fmt.Fprintf(&a, "%d,%d,True,,@%s %s,%d,\n", 2*i+1, 1000+i, c.handle, ask, 2*i+2)
		fmt.Fprintf(&a, "%d,%s,False,,\"@%d %s\",,%d\n", 2*i+2, c.handle, 1000+i, reply, 2*i+1)
		if i%3 == 0 {
			fmt.Fprintf(&b, "%d,%s,%d,\n%d,\"%s\",,%d\n", 2*i+1, ask, 2*i+2, 2*i+2, reply, 2*i+1)
		}
	}
	training, production = filepath.Join(dir, "tweets.csv"), filepath.Join(dir, "production.csv")
	for path, content := range map[string]string{training: a.String(), production: b.String()} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return training, production
}
