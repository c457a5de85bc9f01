package forge

import (
	"fmt"
	"slices"
	"strings"
)

// The variables that hold a token for any forge, before those that CI systems
// set.
const (
	tokenVariableName = "LADING_FORGE_TOKEN"
	tokenFileVariable = "LADING_FORGE_TOKEN_FILE"
)

// TokenFrom finds the token for a kind of forge: in LADING_FORGE_TOKEN, in the
// file that LADING_FORGE_TOKEN_FILE names, then in the variables that the
// forge's own CI sets. An error never shows what was found. It does not ask
// which server a token is for: [TokenFor] does.
func TokenFrom(getenv func(string) string, readFile func(string) ([]byte, error), kind string) (string, error) {
	k, ok := kindNamed(kind)
	if !ok {
		return "", fmt.Errorf("kind of forge is %q, want one of %s", kind, strings.Join(Kinds(), ", "))
	}
	return findToken(getenv, readFile, k, func(tokenVariable) bool { return true })
}

// findToken returns the first token that may be used, and tells of those that
// may not.
func findToken(getenv func(string) string, readFile func(string) ([]byte, error), k kind, may func(tokenVariable) bool) (string, error) {
	var elsewhere []string
	for _, v := range append([]tokenVariable{{name: tokenVariableName}, {name: tokenFileVariable}}, k.tokens...) {
		text := getenv(v.name)
		switch {
		case text == "":
		case !may(v):
			elsewhere = append(elsewhere, v.name)
		case v.name == tokenFileVariable:
			data, err := readFile(text)
			if err != nil {
				return "", fmt.Errorf("reading the token that %s names: %w", tokenFileVariable, err)
			}
			return cleanToken(v.name, string(data))
		default:
			return cleanToken(v.name, text)
		}
	}
	missing := k.tokenError(Answer{Forge: k.title}, true)
	missing.Elsewhere = slices.Compact(elsewhere)
	return "", missing
}

// cleanToken removes the line end that files have, and refuses what cannot
// stand in a header.
func cleanToken(source, token string) (string, error) {
	token = strings.TrimSpace(token)
	if token == "" {
		return "", fmt.Errorf("%s holds no token: it is blank", source)
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("%s holds no token: there is a space, a line end or a letter beyond ASCII in it", source)
	}
	return token, nil
}

func (k kind) tokenError(a Answer, missing bool) *TokenError {
	var variables []string
	for _, v := range k.tokens {
		variables = append(variables, v.name)
	}
	return &TokenError{Answer: a, Missing: missing, Variables: append(slices.Compact(variables), tokenVariableName, tokenFileVariable), Rights: k.rights}
}
