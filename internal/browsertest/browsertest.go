// Package browsertest lets tests look at a web page as a person would: in a
// real browser, with its scripts run.
//
//	if _, err := browsertest.Find(); err != nil {
//		t.Skip(err)
//	}
//	text, err := browsertest.Screenshot(ctx, server.UIURL(), "Completed", "runs.png")
//
// The browser is Chromium without a window, in a fresh profile, and asks nobody
// but the page's own addresses for anything.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// ErrAbsent is returned where no browser is installed.
var ErrAbsent = errors.New("no Chromium is installed (on Debian: apt-get install chromium)")

// width and height of the page as seen, in pixels.
const width, height = 1440, 900

// timeout bounds a visit whose context has no earlier deadline.
const timeout = time.Minute

// Find returns the path of the browser, or [ErrAbsent].
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", ErrAbsent
}

// Screenshot opens url, waits until the page shows the text waitFor (empty
// waits for the page to load only), scrolls to it, writes what is seen to the PNG
// file, 1440 by 900 pixels, and returns the page's visible text. An empty file
// writes none.
//
// If the text has not appeared when the context ends, or after a minute, the
// error says so and the returned text is what the page showed instead; the
// file then shows it too.
func Screenshot(ctx context.Context, url, waitFor, file string) (text string, err error) {
	browser, err := Find()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// The browser outlives the wait by a moment, to show what there is.
	tab, leave := open(context.WithoutCancel(ctx), browser)
	defer leave()
	if err := visit(ctx, tab, url, width); err != nil {
		return "", fmt.Errorf("opening %s: %w", url, err)
	}
	text, missing := await(ctx, tab, waitFor)
	if missing != nil {
		err = fmt.Errorf("waiting for %q on %s: %w", waitFor, url, missing)
	}
	if file == "" {
		return text, err
	}
	if missing == nil && waitFor != "" {
		if _, failed := chromedp.Run(tab, chromedp.Evaluate[bool](fmt.Sprintf(scrollTo, waitFor))); failed != nil {
			return text, fmt.Errorf("scrolling to %q on %s: %w", waitFor, url, failed)
		}
	}
	png, shot := chromedp.Run(tab, chromedp.CaptureScreenshot())
	if shot != nil {
		return text, errors.Join(err, fmt.Errorf("taking a screenshot of %s: %w", url, shot))
	}
	if write := os.WriteFile(file, png, 0o644); write != nil { //nolint:gosec // pictures are for the documents
		return text, errors.Join(err, fmt.Errorf("saving the screenshot: %w", write))
	}
	return text, err
}

// open starts a browser with one tab; leave ends it and removes its profile.
func open(ctx context.Context, browser string) (tab context.Context, leave func()) {
	ctx, stop := context.WithTimeout(ctx, 2*timeout)
	ctx, end := chromedp.NewExecAllocator(ctx, allocation(browser)...)
	tab, closeTab := chromedp.NewContext(ctx)
	return tab, func() {
		closeTab()
		end()
		stop()
	}
}

// allocation is how the browser is started.
func allocation(browser string) []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browser),
		// Tests may run as root, where Chromium's sandbox does not work; the
		// only pages it sees are our own.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(timeout),
	)
}

// visit starts the browser and loads a page into a window of a width, while ctx
// lasts.
func visit(ctx, tab context.Context, url string, width int64) error {
	if err := chromedp.Do(tab); err != nil { // the first call starts it
		return err
	}
	tab, cancel := context.WithCancelCause(tab)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(ctx.Err()) })()
	return chromedp.Do(tab, chromedp.EmulateViewport(width, height), chromedp.Navigate(url))
}

// visibleText is that of the page, and of the frames in it that are its own.
const visibleText = `[document, ...[...document.querySelectorAll("iframe")].map(f => f.contentDocument)]
	.map(d => d?.body?.innerText ?? "").join("\n")`

// scrollTo brings the first element, or frame, that shows a text into view, if it is
// not.
const scrollTo = `(text => {
	const frame = [...document.querySelectorAll("iframe")].find(f => f.contentDocument?.body?.innerText.includes(text))
	const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	let e = frame
	while (!e && all.nextNode()) {
		const parent = all.currentNode.parentElement
		if (all.currentNode.data.includes(text) && parent.checkVisibility()) e = parent
	}
	const box = e?.getBoundingClientRect()
	if (box && (box.bottom > innerHeight || box.top < 0)) e.scrollIntoView({block: "center"})
	return !!e
})(%q)`

// await reads the page's visible text until it holds waitFor.
func await(ctx, tab context.Context, waitFor string) (text string, err error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		// Between two pages there is no document to read from.
		if shown, err := chromedp.Run(tab, chromedp.Evaluate[string](visibleText)); err == nil {
			text = shown
		}
		if strings.Contains(text, waitFor) {
			return text, nil
		}
		select {
		case <-ctx.Done():
			return text, ctx.Err()
		case <-tab.Done():
			return text, tab.Err()
		case <-tick.C:
		}
	}
}
