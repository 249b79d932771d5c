// Package privacy measures how much personal data an anonymizer leaves behind,
// and decides whether what it made may leave the machine.
//
// A text is labelled by hand, or was generated together with its labels: each
// [Label] is a personal detail in it. The anonymizer runs over the texts as it
// does over a dataset, thread by thread, and [Measure] holds what it replaced
// against the labels:
//
//   - recall is the share of details of which nothing is left. One letter that
//     shows is a leak, for a name of which half is replaced is often a name
//     still;
//   - precision is the share of replacements that touch a detail;
//   - F2 weighs the two, recall heavier: a leak cannot be taken back, while a
//     word too many that is replaced costs a little accuracy;
//   - the leak rate is the share of texts with a detail that still show a part
//     of one, and false alarms are texts without any that were changed.
//
// Each comes with a 95% interval, since the labels are few where they are made
// by hand: 98 of 100 found may well be 93% of all there are.
//
// [Judge] asks for so much recall of each kind of detail, on texts that are
// generated on the spot, and [pipeline.Clearance] opens the way for no other
// version of the anonymizer than the one that was judged. [Open] makes the
// anonymizer that the settings describe.
package privacy
