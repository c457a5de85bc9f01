package gitrepo

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

// encodePack writes objects as one pack, and the index of it. The objects of a
// commit are small and new, so none is written as the difference to another.
func encodePack(made []object) (pack []byte, index *idxfile.MemoryIndex, err error) {
	var b bytes.Buffer
	b.WriteString("PACK")
	b.Write(binary.BigEndian.AppendUint32(nil, 2))
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(made))))
	var idx idxfile.Writer
	if err := idx.OnHeader(uint32(len(made))); err != nil {
		return nil, nil, err
	}
	for _, o := range made {
		start := b.Len()
		if err := packObject(&b, o); err != nil {
			return nil, nil, fmt.Errorf("packing %s %s: %w", o.kind, o.hash, err)
		}
		idx.Add(o.hash, uint64(start), crc32.ChecksumIEEE(b.Bytes()[start:]))
	}
	sum := sha1.Sum(b.Bytes())
	b.Write(sum[:])
	if err := idx.OnFooter(sum); err != nil {
		return nil, nil, err
	}
	index, err = idx.Index()
	return b.Bytes(), index, err
}

// packObject writes type and size, seven bits to a byte but for four in the
// first, and then the compressed bytes.
func packObject(b *bytes.Buffer, o object) error {
	size := len(o.data)
	head := byte(o.kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		b.WriteByte(head | 0x80)
		head = byte(size & 0x7f)
	}
	b.WriteByte(head)
	z := zlib.NewWriter(b)
	if _, err := z.Write(o.data); err != nil {
		return err
	}
	return z.Close()
}
