package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"switchboard/internal/browsertest"
)

func TestSmall(t *testing.T) {
	whole := image.NewRGBA(image.Rect(0, 0, 40, 100))
	for y := range 100 {
		for x := range 40 {
			whole.Set(x, y, color.RGBA{R: uint8(x), G: 200, B: uint8(y % 2), A: 255})
		}
	}
	content, err := small(whole, 30)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds().Dx() != 40 || got.Bounds().Dy() != 30 {
		t.Errorf("the picture is %v", got.Bounds())
	}
	if p, ok := got.(*image.Paletted); !ok || len(p.Palette) > colours {
		t.Errorf("the picture is a %T", got)
	}
	if _, g, _, _ := got.At(5, 5).RGBA(); g>>8 != 200 {
		t.Errorf("the green of the page became %d", g>>8)
	}
}

func TestPagePicture(t *testing.T) {
	if _, err := browsertest.Find(); err != nil {
		t.Skip(err)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(page, []byte(`<!doctype html><body style="height: 3000px">A page`), 0o600); err != nil {
		t.Fatal(err)
	}
	content, err := pagePicture(t.Context(), page, 360, 500)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := png.Decode(bytes.NewReader(content)); err != nil || got.Bounds().Dx() != 360 || got.Bounds().Dy() != 500 {
		t.Errorf("got %v, %v", got.Bounds(), err)
	}
}
