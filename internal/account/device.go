package account

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Origin is where a login comes from.
type Origin struct {
	// Address is that of the network, or what else tells one origin from another.
	Address string
	// Device is the value of the cookie that a login has left there; empty without.
	Device string
}

// deviceLife is for how long a browser is known by which somebody has logged in.
const deviceLife = 180 * 24 * time.Hour

const (
	deviceCookie       = "switchboard_device"
	secureDeviceCookie = "__Host-" + deviceCookie
)

// deviceKey is the key by which the cookies of devices are signed, once it is known.
type deviceKey struct {
	mu  sync.Mutex
	key []byte
}

func (s *Store) deviceKey(ctx context.Context) ([]byte, error) {
	k := &s.devices
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		secret, err := s.base.DeviceSecret(ctx)
		if err != nil {
			return nil, err
		}
		k.key = []byte(secret)
	}
	return k.key, nil
}

// newDevice makes the value of a cookie that tells, at later logins, that a name has
// logged in there before. It lets nobody in, and says nothing of who it is.
func (s *Store) newDevice(ctx context.Context, login string) (string, error) {
	key, err := s.deviceKey(ctx)
	if err != nil {
		return "", err
	}
	made := rand.Text() + "." + strconv.FormatInt(s.now().Unix(), 10)
	return made + "." + signature(key, login, made), nil
}

// device returns what tells a device from others on which a name has logged in before,
// empty for a value that no login of that name has left, or too long ago.
func (s *Store) device(ctx context.Context, login, value string) (string, error) {
	end := strings.LastIndexByte(value, '.')
	if end < 0 || len(value) > 200 {
		return "", nil
	}
	key, err := s.deviceKey(ctx)
	if err != nil {
		return "", err
	}
	made := value[:end]
	if !hmac.Equal([]byte(value[end+1:]), []byte(signature(key, login, made))) {
		return "", nil
	}
	_, at, _ := strings.Cut(made, ".")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || s.now().Sub(time.Unix(seconds, 0)) >= deviceLife {
		return "", nil
	}
	return made, nil
}

func signature(key []byte, login, made string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(login + "\x00" + made))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Sessions) deviceName(r *http.Request) string {
	if s.secure(r) {
		return secureDeviceCookie
	}
	return deviceCookie
}

// Origin returns where a login comes from.
func (s *Sessions) Origin(r *http.Request) Origin {
	o := Origin{Address: s.From(r)}
	if c, err := r.Cookie(s.deviceName(r)); err == nil {
		o.Device = c.Value
	}
	return o
}

// device returns the cookie by which a browser is known at later logins of a user; nil
// for one who has no password here.
func (s *Sessions) device(r *http.Request, u User) (*http.Cookie, error) {
	if u.External {
		return nil, nil
	}
	value, err := s.Accounts.newDevice(r.Context(), loginOf(u.Name))
	if err != nil {
		return nil, wrap("remembering a device", err)
	}
	return s.cookie(r, s.deviceName(r), value, deviceLife), nil
}
