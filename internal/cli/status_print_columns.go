package cli

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// A table is lines of cells under a head, set in columns.
type table struct {
	head []string
	rows [][]string
}

// A tableWidth bounds lines, and the last cell of each; 0 does not.
type tableWidth struct{ line, last int }

// cellWidth measures text in columns of a terminal: names may be in any script.
var cellWidth = &runewidth.Condition{StrictEmojiNeutral: true}

// write sets the table. Cells hold no line ends; what a terminal would act on
// is shown as an escape.
func (t *table) write(b *strings.Builder, width tableWidth) {
	for _, line := range t.lines(width) {
		b.WriteString(line)
		b.WriteByte('\n')
	}
}

func (t *table) lines(width tableWidth) []string {
	all := make([][]string, 0, len(t.rows)+1)
	all = append(all, t.head)
	all = append(all, t.rows...)
	widths := make([]int, len(t.head))
	for i, row := range all {
		all[i] = make([]string, len(row))
		for j, cell := range row {
			all[i][j] = visible(strings.ReplaceAll(cell, "\t", " "))
			widths[j] = max(widths[j], cellWidth.StringWidth(all[i][j]))
		}
	}
	lines := make([]string, len(all))
	for i, row := range all {
		last := len(row) - 1
		row[last] = cut(row[last], width.last)
		lines[i] = cut(setLine(row, widths), width.line)
	}
	return lines
}

// setLine pads all cells but the last to their columns.
func setLine(cells []string, widths []int) string {
	var b strings.Builder
	for i, cell := range cells {
		b.WriteString(cell)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-cellWidth.StringWidth(cell)+2))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// cut shortens a text to a number of columns, 0 for any.
func cut(text string, columns int) string {
	if columns <= 0 || cellWidth.StringWidth(text) <= columns {
		return text
	}
	return strings.TrimRight(cellWidth.Truncate(text, columns-1, ""), " ") + "…"
}
