package main

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"switchboard/internal/browsertest"
)

// pagePicture is the top of a page as a browser shows it, or of a PNG.
func pagePicture(ctx context.Context, page string, width int64, height int) ([]byte, error) {
	path, err := filepath.Abs(page)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	shot := path
	if filepath.Ext(path) != ".png" {
		shot = filepath.Join(dir, "page.png")
		if _, err := browsertest.Look[bool](ctx, "file://"+path, width, shot, "true"); err != nil {
			return nil, err
		}
	}
	content, err := os.ReadFile(shot)
	if err != nil {
		return nil, err
	}
	whole, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return small(whole, height)
}

// colours is how many a picture has: a page of text has few, and a picture with a
// palette takes half of the room.
const colours = 256

// small encodes the top of a picture in the colours that it has most of.
func small(whole image.Image, height int) ([]byte, error) {
	bounds := whole.Bounds()
	bounds.Max.Y = min(bounds.Max.Y, bounds.Min.Y+height)
	count := map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA)]++
		}
	}
	most := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, c := range most[:min(len(most), colours)] {
		palette = append(palette, c)
	}
	picture := image.NewPaletted(image.Rect(0, 0, bounds.Dx(), bounds.Dy()), palette)
	draw.Draw(picture, picture.Bounds(), whole, bounds.Min, draw.Src)
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, picture)
	return out.Bytes(), err
}
