package forge

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refusal turns an answer that is no success into the error it means; nil for
// a success.
func (c *client) refusal(doing string, resp *http.Response, body []byte) error {
	status := resp.StatusCode
	if status/100 == 2 && status != http.StatusNonAuthoritativeInfo {
		return c.notJSON(doing, body)
	}
	a := Answer{Forge: c.kind.title, Doing: doing, Status: status, Message: c.hide(messageOf(body))}
	if limit := limitOf(a, resp.Header); limit != nil {
		return limit
	}
	switch {
	// Azure DevOps sends who it does not know to a page for logging in.
	case status == http.StatusUnauthorized, status == http.StatusNonAuthoritativeInfo, status == http.StatusFound:
		return c.kind.tokenError(a, false)
	case status == http.StatusForbidden:
		return &RightsError{Answer: a, Right: c.hide(c.right(resp.Header, body)), Needs: c.kind.rights}
	case status == http.StatusNotFound, status == http.StatusGone:
		return &NotFoundError{a}
	case status == http.StatusConflict:
		return &ConflictError{a}
	case status >= 500:
		return &ServerError{Answer: a}
	case status/100 == 3:
		a.Message = "the server points to another address"
		return &RefusedError{Answer: a, Help: "has the repository moved? write its new URL in the settings"}
	}
	return &RefusedError{Answer: a}
}

// notJSON recognises the page of something that is not the API: a portal, a
// proxy, the website.
func (c *client) notJSON(doing string, body []byte) error {
	if len(body) == 0 || json.Valid(body) {
		return nil
	}
	return c.refused(doing, "the answer is not JSON", "check gitops.forge.kind and gitops.forge.api, and that no proxy answers instead")
}

// A limited is a RateLimitError that knows how long it lasts, also where no
// clock can say until when.
type limited struct {
	*RateLimitError
	after time.Duration
}

func (e *limited) Unwrap() error { return e.RateLimitError }

// limitOf recognises a rate limit, which GitHub also answers as 403. The time
// that is left is counted from the server's own clock.
func limitOf(a Answer, h http.Header) error {
	told := h.Get("X-RateLimit-Remaining") == "0" || h.Get("Retry-After") != "" || strings.Contains(strings.ToLower(a.Message), "rate limit")
	if a.Status != http.StatusTooManyRequests && (a.Status != http.StatusForbidden || !told) {
		return nil
	}
	e := &limited{RateLimitError: &RateLimitError{Answer: a}}
	now, _ := http.ParseTime(h.Get("Date"))
	if seconds, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		e.after = time.Duration(max(seconds, 1)) * time.Second
		if !now.IsZero() {
			e.Until = now.Add(e.after)
		}
		return e
	}
	for _, name := range []string{"X-RateLimit-Reset", "RateLimit-Reset"} {
		if at, err := strconv.ParseInt(h.Get(name), 10, 64); err == nil {
			e.Until = time.Unix(at, 0).UTC()
			break
		}
	}
	if !e.Until.IsZero() && !now.IsZero() {
		e.after = max(e.Until.Sub(now), time.Second)
	}
	return e
}

// longestMessage is how many bytes of a server's words an error shows.
const longestMessage = 500

// messageOf finds the words in an answer: each forge has them elsewhere.
func messageOf(body []byte) string {
	var answer map[string]any
	if json.Unmarshal(body, &answer) != nil {
		return "" // a page of HTML tells nothing
	}
	var words []string
	for _, key := range []string{"message", "error", "error_description", "errors"} {
		words = append(words, wordsIn(answer[key])...)
	}
	text := strings.Join(strings.Fields(strings.Join(words, "; ")), " ")
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + "…"
	}
	return strings.Map(printable, text)
}

func wordsIn(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var words []string
		for _, item := range v {
			words = append(words, wordsIn(item)...)
		}
		return words
	case map[string]any:
		return wordsIn(v["message"])
	}
	return nil
}

// printable removes what would steer a terminal.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
		return -1
	}
	return r
}

// hide removes the token from a server's words.
func (c *client) hide(text string) string {
	if c.token == "" {
		return text
	}
	forms := []string{c.token, encoded(c.token), encoded(":" + c.token)}
	if _, password, ok := strings.Cut(c.token, ":"); ok && password != "" {
		forms = append(forms, password)
	}
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, "***")
	}
	return text
}

// decode reads JSON where it is JSON.
func decode(body []byte, into any) bool { return json.Unmarshal(body, into) == nil }

// unlessTokenOrRights is nil where a question was not allowed.
func unlessTokenOrRights(err error) error {
	var token *TokenError
	var rights *RightsError
	if errors.As(err, &token) || errors.As(err, &rights) {
		return nil
	}
	return unlessNotFound(err)
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// answerOf returns the answer in an error of this package.
func answerOf(err error) Answer {
	var refused *RefusedError
	var conflict *ConflictError
	switch {
	case errors.As(err, &refused):
		return refused.Answer
	case errors.As(err, &conflict):
		return conflict.Answer
	}
	return Answer{}
}

// unlessNotFound is nil for what is gone already.
func unlessNotFound(err error) error {
	var missing *NotFoundError
	if errors.As(err, &missing) {
		return nil
	}
	return err
}
