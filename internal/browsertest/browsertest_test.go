package browsertest_test

import (
	"context"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/internal/browsertest"
)

// page shows one text at first, and with the help of a script another.
const page = `<!doctype html><body><p id="p">Loading</p>
<script>setTimeout(() => { document.getElementById("p").textContent = "The " + "runs" }, 300)</script>`

func TestScreenshot(t *testing.T) {
	if _, err := browsertest.Find(); err != nil {
		t.Skip(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) }))
	defer server.Close()

	t.Run("shows what the script wrote", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "page.png")
		text, err := browsertest.Screenshot(t.Context(), server.URL, "The runs", file)
		if err != nil || strings.TrimSpace(text) != "The runs" {
			t.Fatalf("the page shows %q, %v", text, err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		picture, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		if size := picture.Bounds().Size(); size.X != 1440 || size.Y != 900 {
			t.Errorf("the picture is %v", size)
		}
	})
	t.Run("shows what is in a frame", func(t *testing.T) {
		framed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `<!doctype html><body>Above <iframe srcdoc="<p>and within</p>"></iframe></body>`)
		}))
		defer framed.Close()
		text, err := browsertest.Screenshot(t.Context(), framed.URL, "and within", "")
		if err != nil || !strings.Contains(text, "Above") {
			t.Errorf("the page shows %q, %v", text, err)
		}
	})
	t.Run("tells what was there instead", func(t *testing.T) {
		var text string
		var err error
		for patience := 5 * time.Second; text == ""; patience *= 2 { // until the browser has started within it
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			text, err = browsertest.Screenshot(ctx, server.URL, "no such text", "")
			cancel()
		}
		if err == nil || !strings.Contains(err.Error(), `waiting for "no such text"`) {
			t.Errorf("the error is %v", err)
		}
		if strings.TrimSpace(text) != "The runs" {
			t.Errorf("the page shows %q", text)
		}
	})
}

// A page is looked at as a window of some width shows it, under a policy that lets
// it run nothing itself.
func TestLook(t *testing.T) {
	if _, err := browsertest.Find(); err != nil {
		t.Skip(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_, _ = io.WriteString(w, `<!doctype html><body style="height: 2000px"><script>window.own = 1</script>A page`)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "page.png")
	got, err := browsertest.Look[[]int](t.Context(), server.URL, 360, file,
		"window.first = 7", "new Promise(done => setTimeout(() => done([window.innerWidth, window.first, window.own ?? 0]), 10))")
	if err != nil || len(got) != 3 || got[0] != 360 || got[1] != 7 || got[2] != 0 {
		t.Errorf("the page says %v, %v", got, err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if picture, err := png.Decode(f); err != nil || picture.Bounds().Dx() != 360 || picture.Bounds().Dy() < 2000 {
		t.Errorf("the picture is %v, %v", picture.Bounds(), err)
	}
	if _, err := browsertest.Look[bool](t.Context(), server.URL, 360, "", "nothing.at.all"); err == nil || !strings.Contains(err.Error(), "script 1") {
		t.Errorf("a script that fails gives %v", err)
	}
}
