package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"switchboard/internal/embedded"
)

// childVariable makes the test binary a server and nothing else: it holds the
// frontend's port and the data file.
const childVariable = "EMBEDDED_TEST_SERVER"

func TestMain(m *testing.M) {
	if port, file, ok := strings.Cut(os.Getenv(childVariable), ","); ok {
		serve(port, file)
		return
	}
	os.Exit(m.Run())
}

// serve runs a server until somebody kills it or closes its standard input.
func serve(port, file string) {
	number, err := strconv.Atoi(port)
	if err == nil {
		_, err = embedded.Start(context.Background(), embedded.Options{DataFile: file, FrontendPort: number, SearchAttributes: attributes})
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// spawn starts a server in a process of its own and waits until it answers.
func spawn(t *testing.T, port int, file string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d,%s", childVariable, port, file))
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // open until this process ends
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	if line != "ready\n" {
		kill(cmd)
		t.Fatalf("the server says %q", line)
	}
	return cmd
}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // SIGKILL
	_ = cmd.Wait()
}

// count runs n activities, one after the other.
func count(ctx workflow.Context, n int) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 50 * time.Millisecond, BackoffCoefficient: 1},
	})
	var sum int
	for sum < n {
		if err := workflow.ExecuteActivity(ctx, next, sum).Get(ctx, &sum); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

func next(_ context.Context, i int) (int, error) { return i + 1, nil }

// A server that is killed at any moment loses no workflow that it confirmed,
// and the workflows go on when it is back.
func TestKilledServer(t *testing.T) {
	if os.Getenv("SLOW_TESTS") == "" {
		t.Skip("slow: set SLOW_TESTS=1, or run make test-slow")
	}
	t.Parallel()
	ports, err := embedded.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "temporal.db")
	server := spawn(t, ports[0], file)
	defer func() { kill(server) }()
	c := dial(t, fmt.Sprint("127.0.0.1:", ports[0]))
	work(t, c)
	ctx := t.Context()

	options := func(id string) client.StartWorkflowOptions {
		// A task whose confirmation is lost with the server is repeated after
		// this time; the default is 10 s.
		return client.StartWorkflowOptions{ID: id, TaskQueue: queue, WorkflowTaskTimeout: time.Second}
	}
	waiting, err := c.ExecuteWorkflow(ctx, options("waiting"), wait)
	if err != nil {
		t.Fatal(err)
	}
	counting, err := c.ExecuteWorkflow(ctx, options("counting"), count, 200)
	if err != nil {
		t.Fatal(err)
	}
	var confirmed []string
	for round := range 3 {
		// Workflows are started until the kill at a random moment makes
		// one fail; only those before it were confirmed.
		victim := server
		time.AfterFunc(time.Duration(50+rand.IntN(400))*time.Millisecond, func() { _ = victim.Process.Kill() })
		for i := 0; ; i++ {
			id := fmt.Sprintf("greeting-%d-%d", round, i)
			short, cancel := context.WithTimeout(ctx, time.Second)
			_, err := c.ExecuteWorkflow(short, options(id), greet, "x")
			cancel()
			if err != nil {
				break
			}
			confirmed = append(confirmed, id)
		}
		_ = server.Wait()
		server = spawn(t, ports[0], file)
	}
	if len(confirmed) < 3 {
		t.Fatalf("only %d workflows were confirmed; the test proves nothing", len(confirmed))
	}
	for _, id := range confirmed {
		var out string
		if err := c.GetWorkflow(ctx, id, "").Get(ctx, &out); err != nil || out != "hello x" {
			t.Errorf("workflow %s, confirmed before the kill, gives %q, %v", id, out, err)
		}
	}
	var sum int
	if err := counting.Get(ctx, &sum); err != nil || sum != 200 {
		t.Errorf("counting over three kills gives %d, %v", sum, err)
	}
	if err := c.SignalWorkflow(ctx, "waiting", "", "go on", "done"); err != nil {
		t.Fatal(err)
	}
	var word string
	if err := waiting.Get(ctx, &word); err != nil || word != "done" {
		t.Errorf("the waiting workflow gives %q, %v", word, err)
	}
	t.Logf("%d workflows confirmed over three kills", len(confirmed))
}
