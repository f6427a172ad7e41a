//! Tables in plain text: columns as wide as their widest cell.

/// Rows under a header. A cell may have several lines.
pub struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    right_aligned: Vec<bool>,
}

impl Table {
    /// A header that begins with `>` marks a column of numbers, which is aligned right.
    #[must_use]
    pub fn new(header: &[&'static str]) -> Self {
        Self {
            header: header.iter().map(|title| title.trim_start_matches('>')).collect(),
            right_aligned: header.iter().map(|title| title.starts_with('>')).collect(),
            rows: Vec::new(),
        }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, header and rule first.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let width = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
                cells.chain([width(self.header[column])]).max().unwrap_or(0)
            })
            .collect();
        let header: Vec<String> = self.header.iter().map(|title| (*title).to_owned()).collect();
        let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1));
        let mut lines = self.row_lines(&header, &widths);
        lines.push(rule.clone());
        for row in &self.rows {
            lines.extend(self.row_lines(row, &widths));
        }
        lines.push(rule);
        lines
    }

    fn row_lines(&self, row: &[String], widths: &[usize]) -> Vec<String> {
        let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or(0).max(1);
        (0..height)
            .map(|line| {
                let cells = row.iter().zip(widths).zip(&self.right_aligned).map(|((cell, &width), right)| {
                    let text = cell.lines().nth(line).unwrap_or("");
                    if *right { format!("{text:>width$}") } else { format!("{text:<width$}") }
                });
                cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_cells_may_have_several_lines() {
        let mut table = Table::new(&["Name", ">Size", "Paths"]);
        table.row(vec!["é".into(), "1".into(), "/a\n/b".into()]);
        table.row(vec!["longer".into(), "1000".into(), String::new()]);
        assert_eq!(
            table.lines().join("\n"),
            "Name    Size  Paths\n-------------------\né          1  /a\n              /b\nlonger  1000\n-------------------"
        );
    }
}
