package activities

import (
	"bytes"
	"context"
	"path"
	"strings"

	"switchboard/internal/artifact"
	"switchboard/internal/pipeline"
	"switchboard/internal/provider"
)

// UploadFileInput names a file in the provider's chat format.
type UploadFileInput struct {
	File artifact.Ref `json:"file"`
	// Clearance is that of the texts in it.
	pipeline.Clearance
	// Force uploads the file even if the provider has it.
	Force bool `json:"force,omitempty"`
}

// UploadFileResult is the provider's id of the file.
type UploadFileResult struct {
	FileID string `json:"file_id"`
	// Adopted is true if the provider had the file already.
	Adopted bool `json:"adopted"`
}

// UploadFile brings a file to the provider, once: its name there carries the
// hash of its content, and a file of that name that has that content, as a look
// into it shows, is taken instead of uploading it again. Texts of an anonymizer without a passed evaluation do not
// leave: that is a problem of kind Refused.
func (p *Provider) UploadFile(ctx context.Context, in UploadFileInput) (UploadFileResult, error) {
	if err := in.Clearance.Check(); err != nil {
		return UploadFileResult{}, err
	}
	name := remoteName(in.File)
	if !in.Force {
		found, ok, err := p.Client.FindFile(ctx, name, in.File.Bytes, in.File.SHA256, provider.PurposeFineTune)
		if err != nil {
			return UploadFileResult{}, err
		}
		if ok {
			return UploadFileResult{FileID: found.ID, Adopted: true}, nil
		}
	}
	content, err := p.Store.Read(ctx, in.File)
	if err != nil {
		return UploadFileResult{}, err
	}
	file, err := p.Client.UploadFile(ctx, name, bytes.NewReader(content), in.File.Bytes, provider.PurposeFineTune)
	if err != nil {
		return UploadFileResult{}, err
	}
	return UploadFileResult{FileID: file.ID}, nil
}

// remoteName is what a file is called at the provider, such as
// switchboard-train-0123456789abcdef.jsonl.
func remoteName(ref artifact.Ref) string {
	base, ext, _ := strings.Cut(path.Base(ref.Path), ".")
	return "switchboard-" + base + "-" + ref.SHA256[:16] + "." + ext
}
