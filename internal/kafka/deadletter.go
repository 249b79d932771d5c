package kafka

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/call"
	"switchboard/internal/problem"
)

// Names of the headers of dead letters. Those that the event had itself are kept
// beside them.
const (
	headerPrefix    = "switchboard."
	headerReason    = headerPrefix + "reason"
	headerTopic     = headerPrefix + "topic"
	headerPartition = headerPrefix + "partition"
	headerOffset    = headerPrefix + "offset"
	headerTime      = headerPrefix + "time"
	headerSHA256    = headerPrefix + "sha256"
	headerSize      = headerPrefix + "size"
	// headerReplayed and headerDiscarded mark a record that is no dead letter: it
	// says that the one at that offset was put back, or is dealt with.
	headerReplayed  = headerPrefix + "replayed"
	headerDiscarded = headerPrefix + "discarded"
)

// deadLetterPartition is where all dead letters lie, so that a mark comes after what
// it marks.
const deadLetterPartition = 0

// DeadLetter is an event that nobody could use. What was said is not in it.
type DeadLetter struct {
	// ID names it for a replay: it is its offset in the topic of dead letters.
	ID string `json:"id"`
	// At is when it became a dead letter.
	At time.Time `json:"at"`
	// Reason is a word such as "not-json".
	Reason string `json:"reason"`
	// CallID and Task are those of the event; empty where they cannot be read.
	CallID string `json:"call_id,omitempty"`
	Task   string `json:"task,omitempty"`
	// Partition and Offset are where in the topic of calls the event was, and Time
	// when it was written there.
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Time      time.Time `json:"time"`
	// Size is that of the event, in bytes.
	Size int `json:"size"`
	// Replayed tells that it was put back onto the topic of calls, Discarded that
	// somebody has called it dealt with.
	Replayed  bool `json:"replayed,omitempty"`
	Discarded bool `json:"discarded,omitempty"`
}

// DeadLetter writes a record that nobody could use to the topic of dead letters: the
// same key, bytes and headers, with the reason and where it was in headers beside
// them. A record that is too large even there is told of without its bytes, which
// stay where they were for as long as the topic of calls keeps them. Written twice, it
// is there twice. The reason must quote nothing of the record.
func (c *Client) DeadLetter(ctx context.Context, r Record, reason string) error {
	letter := &kgo.Record{Topic: c.options.DeadLetterTopic(), Partition: deadLetterPartition, Key: r.Key, Value: r.Value, Headers: append([]kgo.RecordHeader{
		{Key: headerReason, Value: []byte(reason)},
		{Key: headerTopic, Value: []byte(r.Topic)},
		{Key: headerPartition, Value: strconv.AppendInt(nil, int64(r.Partition), 10)},
		{Key: headerOffset, Value: strconv.AppendInt(nil, r.Offset, 10)},
		{Key: headerTime, Value: r.Time.UTC().AppendFormat(nil, time.RFC3339Nano)},
		{Key: headerSHA256, Value: []byte(SHA256(r.Value))},
		{Key: headerSize, Value: strconv.AppendInt(nil, int64(len(r.Value)), 10)},
	}, ofHeaders(withoutOurs(r.Headers))...)}
	err := c.produce(ctx, c.large, letter)
	if kind, _ := problem.KindOf(err); kind == problem.BadInput {
		letter = &kgo.Record{Topic: letter.Topic, Partition: deadLetterPartition, Headers: letter.Headers[:7]}
		err = c.produce(ctx, c.large, letter)
	}
	return err
}

func withoutOurs(headers []Header) []Header {
	return slices.DeleteFunc(slices.Clone(headers), func(h Header) bool { return strings.HasPrefix(h.Name, headerPrefix) })
}

// DeadLetters returns the latest dead letters, the newest first, at most limit of
// them, and whether there are more.
func (c *Client) DeadLetters(ctx context.Context, limit int) (letters []DeadLetter, more bool, err error) {
	// Among the latest records are marks too: of each letter one, or more where two
	// people were at it. Marks come after what they mark.
	for latest := 2 * int64(limit+1); ; latest *= 4 {
		letters, all, err := c.letters(ctx, latest)
		if err != nil {
			return nil, false, err
		}
		if len(letters) > limit || all {
			slices.Reverse(letters)
			return letters[:min(limit, len(letters))], len(letters) > limit, nil
		}
	}
}

// letters returns the dead letters among the latest records, or among all for 0, as
// they lie there, and whether these are all records.
func (c *Client) letters(ctx context.Context, latest int64) (letters []DeadLetter, all bool, err error) {
	replayed, discarded := map[string]bool{}, map[string]bool{}
	all, err = c.scan(ctx, c.options.DeadLetterTopic(), deadLetterPartition, latest, func(r *kgo.Record) {
		h := headersOf(r)
		put, back := h[headerReplayed]
		gone, dealt := h[headerDiscarded]
		switch {
		case back:
			replayed[put] = true
		case dealt:
			discarded[gone] = true
		default:
			letters = append(letters, letterOf(r, h))
		}
	})
	if err != nil {
		return nil, false, faultOf(ctx, "reading the dead letters", err)
	}
	for i, l := range letters {
		letters[i].Replayed, letters[i].Discarded = replayed[l.ID], discarded[l.ID]
	}
	return letters, all, nil
}

// letterOf reads what the headers say. Whatever is not as this package writes it
// reads as nothing.
func letterOf(r *kgo.Record, h map[string]string) DeadLetter {
	d := DeadLetter{ID: strconv.FormatInt(r.Offset, 10), At: r.Timestamp.UTC(), Reason: "unknown"}
	d.CallID, d.Task = call.Peek(r.Value)
	if validReason(h[headerReason]) {
		d.Reason = h[headerReason]
	}
	if n, err := strconv.ParseInt(h[headerPartition], 10, 32); err == nil {
		d.Partition = int32(n)
	}
	d.Offset, _ = strconv.ParseInt(h[headerOffset], 10, 64)
	d.Size, _ = strconv.Atoi(h[headerSize])
	d.Time, _ = time.Parse(time.RFC3339Nano, h[headerTime])
	return d
}

// validReason keeps what others may have written into the topic from being shown.
func validReason(reason string) bool {
	return reason != "" && len(reason) <= 40 && strings.Trim(reason, "abcdefghijklmnopqrstuvwxyz-") == ""
}

func headersOf(r *kgo.Record) map[string]string {
	h := map[string]string{}
	for _, one := range r.Headers {
		h[one.Key] = string(one.Value)
	}
	return h
}

// scan calls f with the latest records of a partition, or with all for 0, up to where
// it ends now, and tells whether these were all.
func (c *Client) scan(ctx context.Context, topic string, partition int32, latest int64, f func(*kgo.Record)) (all bool, err error) {
	limited, cancel := context.WithTimeout(ctx, 2*requestTimeout)
	defer cancel()
	start, err := offsetOf(limited, c.admin.ListStartOffsets, topic, partition)
	if err != nil {
		return false, err
	}
	end, err := offsetOf(limited, c.admin.ListCommittedOffsets, topic, partition)
	if err != nil {
		return false, err
	}
	from := start
	if latest > 0 {
		from = max(start, end-latest)
	}
	if from >= end {
		return true, nil
	}
	return from == start, c.read(limited, topic, partition, from, end, f)
}

func offsetOf(ctx context.Context, list func(context.Context, ...string) (kadm.ListedOffsets, error), topic string, partition int32) (int64, error) {
	all, err := list(ctx, topic)
	if err != nil {
		return 0, err
	}
	one, ok := all.Lookup(topic, partition)
	if !ok {
		return 0, kerr.UnknownTopicOrPartition
	}
	return one.Offset, one.Err
}

// read reads a part of a partition.
func (c *Client) read(ctx context.Context, topic string, partition int32, from, end int64, f func(*kgo.Record)) error {
	opts, err := c.options.client()
	if err != nil {
		return err
	}
	// Control records count too, so that a partition that ends with one does end.
	reader, err := kgo.NewClient(append(opts, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().At(from)}}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxBytes(8<<20), kgo.KeepControlRecords())...)
	if err != nil {
		return err
	}
	defer reader.Close()
	for next := from; next < end; {
		fetches := reader.PollFetches(ctx)
		for _, e := range fetches.Errors() {
			return e.Err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Offset < end && !r.Attrs.IsControl() {
				f(r)
			}
			next = r.Offset + 1
		})
	}
	return nil
}
