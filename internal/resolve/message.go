// SPDX-License-Identifier: Apache-2.0

package resolve

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// ednsSize is the advertised maximum size of datagrams from servers.
const ednsSize = 1200

// A question is a message for a name server.
type question struct {
	dnsmessage.Question
	id      uint16
	message []byte
}

// newQuestion makes a question with an unpredictable ID.
func newQuestion(name string, kind dnsmessage.Type, c *resolvConf) (*question, error) {
	if !strings.HasSuffix(name, ".") {
		name += "."
	}
	n, err := dnsmessage.NewName(name)
	if err != nil {
		return nil, err
	}
	q := &question{
		Question: dnsmessage.Question{Name: n, Type: kind, Class: dnsmessage.ClassINET},
		id:       uint16(rand.Uint32()),
	}
	q.message, err = q.pack(c)
	return q, err
}

// pack returns the message. With a Message instead of a Builder, the program would contain code for every type of record.
func (q *question) pack(c *resolvConf) ([]byte, error) {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: q.id, RecursionDesired: true, AuthenticData: c.trustAD})
	if err := cmp.Or(b.StartQuestions(), b.Question(q.Question)); err != nil {
		return nil, err
	}
	if c.edns0 {
		var h dnsmessage.ResourceHeader
		if err := h.SetEDNS0(ednsSize, dnsmessage.RCodeSuccess, false); err != nil {
			return nil, err
		}
		if err := cmp.Or(b.StartAdditionals(), b.OPTResource(h, dnsmessage.OPTResource{})); err != nil {
			return nil, err
		}
	}
	return b.Finish()
}

// answeredBy reports whether a message is an answer to exactly this question.
func (q *question) answeredBy(message []byte) bool {
	var p dnsmessage.Parser
	h, err := p.Start(message)
	if err != nil || !h.Response || h.ID != q.id {
		return false
	}
	repeated, err := p.AllQuestions()
	return err == nil && len(repeated) == 1 && sameName(repeated[0].Name, q.Name) && repeated[0].Type == q.Type &&
		repeated[0].Class == q.Class
}

func sameName(a, b dnsmessage.Name) bool {
	return a.Length == b.Length && lower(string(a.Data[:a.Length])) == lower(string(b.Data[:b.Length]))
}

// A head is the header of an answer.
type head struct {
	dnsmessage.Header
	answers, additionals int
}

// readHead reads the header of a message that answers a question.
func readHead(message []byte) head {
	var p dnsmessage.Parser
	h, _ := p.Start(message) // answeredBy has read it
	return head{h, int(message[6])<<8 | int(message[7]), int(message[10])<<8 | int(message[11])}
}

// lame reports whether the server has no answer and will not look for one.
func (h head) lame() bool {
	return h.RCode == dnsmessage.RCodeSuccess && h.answers == 0 && h.additionals == 0 && !h.Authoritative && !h.RecursionAvailable
}

// failed reports whether another server may know better.
func (h head) failed() bool {
	switch h.RCode {
	case dnsmessage.RCodeServerFailure, dnsmessage.RCodeNotImplemented, dnsmessage.RCodeRefused:
		return true
	}
	return h.lame()
}

// addresses returns the IPv4 addresses that an answer has for a name or the target of its alias.
func addresses(message []byte, name dnsmessage.Name) (addrs []netip.Addr, alias bool) {
	alias = readAnswers(message, name, dnsmessage.TypeA, func(p *dnsmessage.Parser) bool {
		r, err := p.AResource()
		if err == nil {
			addrs = append(addrs, netip.AddrFrom4(r.A))
		}
		return err == nil
	})
	return addrs, alias
}

// pointer returns the name in an answer for the reversed name of an address, or "".
func pointer(message []byte, name dnsmessage.Name) (host string) {
	readAnswers(message, name, dnsmessage.TypePTR, func(p *dnsmessage.Parser) bool {
		if r, err := p.PTRResource(); err == nil {
			host = strings.TrimSuffix(r.PTR.String(), ".")
		}
		return false
	})
	return host
}

// readAnswers calls read for each record of a kind of a name, or of the target of its alias, until read
// returns false, and reports whether there was an alias.
func readAnswers(message []byte, name dnsmessage.Name, kind dnsmessage.Type, read func(*dnsmessage.Parser) bool) (alias bool) {
	var p dnsmessage.Parser
	if _, err := p.Start(message); err != nil || p.SkipAllQuestions() != nil {
		return false
	}
	for {
		h, err := p.AnswerHeader()
		if err != nil {
			return alias
		}
		switch {
		case h.Class != dnsmessage.ClassINET || !sameName(h.Name, name) || h.Type != kind && h.Type != dnsmessage.TypeCNAME:
			if p.SkipAnswer() != nil {
				return alias
			}
		case h.Type == dnsmessage.TypeCNAME:
			r, err := p.CNAMEResource()
			if err != nil {
				return alias
			}
			name, alias = r.CNAME, true
		default:
			if !read(&p) {
				return alias
			}
		}
	}
}

// isHostName reports whether a name is valid for a host: other bytes could be mistaken for something else.
func isHostName(name string) bool {
	if name == "" || name[0] == '-' {
		return false
	}
	if name == "." {
		return true
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	for i := range len(name) {
		switch c := name[i]; {
		case isDigit(c), 'a' <= c|0x20 && c|0x20 <= 'z', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return len(strings.TrimSuffix(name, ".")) <= 253
}

// reversed returns the name under which DNS holds the name of an address.
func reversed(a netip.Addr) string {
	if a.Is4() {
		b := a.As4()
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0])
	}
	b := a.As16()
	digits := hex.EncodeToString(b[:])
	var name strings.Builder
	for i := len(digits) - 1; i >= 0; i-- {
		name.WriteByte(digits[i])
		name.WriteByte('.')
	}
	return name.String() + "ip6.arpa"
}
