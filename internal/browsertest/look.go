package browsertest

import (
	"context"
	"fmt"
	"os"

	"github.com/chromedp/chromedp"
)

// Look opens url in a window of a width in pixels, such as a phone's, and
// evaluates scripts in the page one after the other; a script that is a promise is
// waited for. It returns the value of the last. The whole page is written to the
// PNG file shot; an empty name writes none.
//
// The page's content security policy does not hold for the scripts.
func Look[T any](ctx context.Context, url string, width int64, shot string, scripts ...string) (value T, err error) {
	browser, err := Find()
	if err != nil {
		return value, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	tab, leave := open(ctx, browser)
	defer leave()
	if err := visit(ctx, tab, url, width); err != nil {
		return value, fmt.Errorf("opening %s: %w", url, err)
	}
	if shot != "" {
		png, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
		if err != nil {
			return value, fmt.Errorf("taking a picture of %s: %w", url, err)
		}
		if err := os.WriteFile(shot, png, 0o600); err != nil {
			return value, fmt.Errorf("saving the picture: %w", err)
		}
	}
	for i, script := range scripts {
		if i == len(scripts)-1 {
			value, err = chromedp.Run(tab, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
		} else {
			err = chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](script, chromedp.EvalAwaitPromise))
		}
		if err != nil {
			return value, fmt.Errorf("evaluating script %d on %s: %w", i+1, url, err)
		}
	}
	return value, nil
}
