// Package account knows who may use the page, as whom they are known, and what
// they did: users with a role, their passwords and sessions, invitations, the login
// by an identity provider, the audit, and the views that people have saved.
//
// It keeps tables of its own in the database. Of passwords it keeps argon2id
// hashes, of tokens SHA-256 hashes, so that whoever reads the database can log in
// as nobody.
package account
