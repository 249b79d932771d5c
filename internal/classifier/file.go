package classifier

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// MaxFileBytes is the most a saved model takes.
const MaxFileBytes = 64 << 20

// A saved model is, all numbers little-endian:
//
//	magic        8 bytes, the last of them the version
//	classes      uint32
//	features     uint32
//	temperature  float64
//	width        uint32, from version 2
//	encoder      a uvarint length and its bytes, from version 2
//	mean         float32 a number of the embedding, from version 3
//	labels       each a uvarint length and its bytes, ascending
//	buckets      each a uvarint distance to the one before, from -1
//	idf          float32 a feature
//	scales       float32 a feature, then a number of the embedding
//	weights      int8, by feature and number of the embedding, then class
//	checksum     SHA-256 of all before
//
// Version 2 is a model that was trained with embeddings, and version 3 one that was
// trained with these less their mean. The version also stands for how texts become
// features: a change there makes old weights meaningless and needs a new version.
const (
	magic         = "SBSOFTM\x01"
	magicEmbedded = "SBSOFTM\x02"
	magicCentred  = "SBSOFTM\x03"
)

// maxEncoder bounds the name of an encoder.
const maxEncoder = 255

// ErrCorrupt is returned by [Read] for a file that is cut short, damaged, or
// no saved model of this version.
var ErrCorrupt = errors.New("not a saved classifier of this version, or damaged")

// WriteTo saves the model. It implements [io.WriterTo].
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	buffer := bytes.NewBuffer(make([]byte, 0, len(m.weights)+16*len(m.idf)))
	buffer.WriteString(m.version())
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(m.labels)))
	head = binary.LittleEndian.AppendUint32(head, uint32(m.vocabulary.size))
	head = binary.LittleEndian.AppendUint64(head, math.Float64bits(m.temperature))
	if m.Width() > 0 {
		head = binary.LittleEndian.AppendUint32(head, uint32(m.Width()))
		head = binary.AppendUvarint(head, uint64(len(m.encoder)))
		head = append(head, m.encoder...)
		head = appendFloats(head, m.mean)
	}
	for _, label := range m.labels {
		head = binary.AppendUvarint(head, uint64(len(label)))
		head = append(head, label...)
	}
	previous := int64(-1)
	for _, b := range m.vocabulary.buckets() {
		head = binary.AppendUvarint(head, uint64(int64(b)-previous))
		previous = int64(b)
	}
	for _, numbers := range [][]float32{m.idf, m.scales} {
		head = appendFloats(head, numbers)
	}
	buffer.Write(head)
	for _, weight := range m.weights {
		buffer.WriteByte(byte(weight))
	}
	clearUpper()
	sum := sha256.Sum256(buffer.Bytes())
	buffer.Write(sum[:])
	if buffer.Len() > MaxFileBytes {
		return 0, fmt.Errorf("the model takes %d bytes, more than %d: use shorter labels", buffer.Len(), MaxFileBytes)
	}
	return buffer.WriteTo(w)
}

// version is what the model's file begins with.
func (m *Model) version() string {
	switch {
	case m.Width() == 0:
		return magic
	case m.mean == nil:
		return magicEmbedded
	}
	return magicCentred
}

func appendFloats(to []byte, numbers []float32) []byte {
	for _, f := range numbers {
		to = binary.LittleEndian.AppendUint32(to, math.Float32bits(f))
	}
	return to
}

// Read loads a model that [Model.WriteTo] saved. It returns [ErrCorrupt]
// (wrapped, with what is wrong) unless the file is whole.
func Read(r io.Reader) (*Model, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFileBytes {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrCorrupt, MaxFileBytes)
	}
	if len(data) < len(magic)+sha256.Size || !slices.Contains([]string{magic, magicEmbedded, magicCentred}, string(data[:len(magic)])) {
		return nil, fmt.Errorf("%w: it does not begin as one", ErrCorrupt)
	}
	clearUpper()
	body, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if sha256.Sum256(body) != [sha256.Size]byte(sum) {
		return nil, fmt.Errorf("%w: its checksum is wrong", ErrCorrupt)
	}
	d := decoder{rest: body[len(magic):]}
	m := d.model(string(data[:len(magic)]))
	if d.failed || len(d.rest) > 0 {
		return nil, fmt.Errorf("%w: its parts do not fit together", ErrCorrupt)
	}
	return m, nil
}

// decoder takes values off the front of a file. After a failure it keeps
// returning zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) take(n int) []byte {
	if d.failed || n < 0 || n > len(d.rest) {
		d.failed = true
		return nil
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) uvarint() uint64 {
	value, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.failed = true
		return 0
	}
	d.take(n)
	return value
}

func (d *decoder) uint32() uint32 {
	raw := d.take(4)
	if d.failed {
		return 0
	}
	return binary.LittleEndian.Uint32(raw)
}

func (d *decoder) floats(n int) []float32 {
	raw := d.take(4 * n)
	numbers := make([]float32, len(raw)/4)
	for i := range numbers {
		numbers[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return numbers
}

// model reads everything between magic and checksum. Sizes are checked
// against what is left of the file before memory is taken for them.
func (d *decoder) model(version string) *Model {
	head := d.take(16)
	if d.failed {
		return nil
	}
	classes := int(binary.LittleEndian.Uint32(head))
	features := int(binary.LittleEndian.Uint32(head[4:]))
	m := &Model{temperature: math.Float64frombits(binary.LittleEndian.Uint64(head[8:]))}
	if classes < 2 || classes > MaxClasses || features < 1 || features > len(d.rest) || !(m.temperature > 0) {
		d.failed = true
		return nil
	}
	width := 0
	if version != magic {
		width = d.embedded(m, version)
	}
	if d.failed {
		return nil
	}
	for range classes {
		m.labels = append(m.labels, string(d.take(int(min(d.uvarint(), MaxFileBytes)))))
	}
	kept := make([]uint32, 0, features)
	previous := int64(-1)
	for range features {
		distance := d.uvarint()
		if distance == 0 || distance > bucketCount || previous+int64(distance) >= bucketCount {
			d.failed = true
			return nil
		}
		previous += int64(distance)
		kept = append(kept, uint32(previous))
	}
	m.idf = d.floats(features)
	m.scales = d.floats(features + width)
	raw := d.take((features + width) * classes)
	if d.failed || !slices.IsSorted(m.labels) {
		d.failed = true
		return nil
	}
	m.vocabulary = newVocabulary(kept)
	m.weights = make([]int8, len(raw))
	for i, b := range raw {
		m.weights[i] = int8(b)
	}
	return m
}

// embedded reads what a model that was trained with embeddings has beside the others,
// and returns how many numbers these have.
func (d *decoder) embedded(m *Model, version string) (width int) {
	width = int(d.uint32())
	m.encoder = string(d.take(int(min(d.uvarint(), maxEncoder+1))))
	if width < 1 || width > maxWidth || len(m.encoder) > maxEncoder {
		d.failed = true
		return 0
	}
	if version == magicCentred {
		m.mean = d.floats(width)
	}
	return width
}
