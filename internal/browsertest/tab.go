package browsertest

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Tab is a page that a test uses as a person does: it follows links, types, presses
// keys, and waits for what the page shows. Each of its methods waits at most half a
// minute, and says in its error what the page shows instead.
type Tab struct {
	ctx   context.Context
	leave func()
}

// patience bounds each step in a tab.
const patience = 30 * time.Second

// Open starts the browser with an empty page of a width in pixels. [Tab.Close] ends
// it. Where no browser is installed, the error is [ErrAbsent].
func Open(ctx context.Context, width int64) (*Tab, error) {
	browser, err := Find()
	if err != nil {
		return nil, err
	}
	options := append(allocation(browser), chromedp.WindowSize(int(width), height))
	ctx, end := chromedp.NewExecAllocator(ctx, options...)
	tab, closeTab := chromedp.NewContext(ctx)
	t := &Tab{tab, func() { closeTab(); end() }}
	if err := chromedp.Do(tab); err != nil { // the first call starts it
		t.leave()
		return nil, fmt.Errorf("starting the browser: %w", err)
	}
	return t, t.Resize(width)
}

// Close ends the browser.
func (t *Tab) Close() { t.leave() }

// Resize gives the window another width.
func (t *Tab) Resize(width int64) error {
	return t.do("resizing the window", chromedp.EmulateViewport(width, height))
}

// Dark makes the reader one who prefers dark pages, or light ones.
func (t *Tab) Dark(dark bool) error {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	return t.do("choosing the colours", call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
}

// Scripts switches scripts on or off, from the next page on.
func (t *Tab) Scripts(on bool) error {
	return t.do("switching scripts", call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}))
}

// Go opens a URL.
func (t *Tab) Go(url string) error { return t.do("opening "+url, chromedp.Navigate(url)) }

// Click clicks on the first visible element that a CSS selector means.
func (t *Tab) Click(selector string) error {
	return t.do("clicking on "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Fill empties a field and types a text into it.
func (t *Tab) Fill(selector, text string) error {
	// What is selected, typing replaces.
	return t.do("filling "+selector, chromedp.WaitVisible(chromedp.CSS(selector)),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector(%q).select()", selector)),
		chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible))
}

// Press presses keys, one after the other, wherever the focus is.
func (t *Tab) Press(keys string) error { return t.do("pressing "+keys, chromedp.KeyEvent(keys)) }

// Path is the page's address without its host.
func (t *Tab) Path() (string, error) {
	return Value[string](t, "location.pathname + location.search")
}

// Text is the page's visible text.
func (t *Tab) Text() (string, error) { return Value[string](t, visibleText) }

// Await waits until the page shows a text, and returns all that it shows.
func (t *Tab) Await(text string) (string, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	shown, err := await(ctx, t.ctx, text)
	if err != nil {
		return shown, fmt.Errorf("waiting for %q: %w; the page shows:\n%s", text, err, shown)
	}
	return shown, nil
}

// Until waits until a script is true in the page, whatever pages come meanwhile.
func (t *Tab) Until(script string) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		// Between two pages there is nothing to evaluate it in.
		if holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+script+")")); err == nil && holds {
			return nil
		}
		select {
		case <-ctx.Done():
			shown, _ := t.Text()
			return fmt.Errorf("waiting for %s: %w; the page shows:\n%s", script, ctx.Err(), shown)
		case <-tick.C:
		}
	}
}

// Picture writes the whole page to a PNG file.
func (t *Tab) Picture(file string) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return fmt.Errorf("taking a picture: %w", err)
	}
	return os.WriteFile(file, png, 0o600)
}

// Value evaluates a script in the page; one that is a promise is waited for.
func Value[T any](t *Tab, script string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		return value, fmt.Errorf("evaluating a script: %w", err)
	}
	return value, nil
}

// call is a command of the browser's protocol as a step.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

func (t *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		shown, _ := t.Text()
		return fmt.Errorf("%s: %w; the page shows:\n%s", what, err, shown)
	}
	return nil
}
