package console

import (
	"io"

	"github.com/schollz/progressbar/v3"
)

// Resolution is how many steps a bar has. A full bar counts as finished and is not
// redrawn, so that the last step is never set.
const Resolution = 1000

// BarWidth is how many columns a bar has.
const BarWidth = 24

// NewBar makes a bar, or a wheel where it is not known how much there is to do. It
// draws only when it is told to, so that nothing writes to the terminal behind our
// back.
func NewBar(w io.Writer, known bool) *progressbar.ProgressBar {
	most := -1
	if known {
		most = Resolution
	}
	return progressbar.NewOptions(most,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(BarWidth),
		progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
	)
}
