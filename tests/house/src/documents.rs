//! What documents promise: the commands in their fenced blocks, the files they link to.

/// One fenced block: the words after the fence (`sh run`), and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub info: String,
    pub first_line: usize,
    pub lines: Vec<String>,
}

/// Every fenced block of a markdown text.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in markdown.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => found.push(block),
            (Some(info), None) => {
                open = Some(Block { info: info.trim().to_string(), first_line: number + 2, lines: Vec::new() });
            }
            (None, Some(mut block)) => {
                block.lines.push(line.to_string());
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    found
}

/// The commands of shell blocks: (line number, words). Comments, continuations and leading `VAR=value` are undone.
pub fn commands(markdown: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for block in blocks(markdown).iter().filter(|b| b.info.split(' ').next() == Some("sh")) {
        let mut joined = String::new();
        for (offset, line) in block.lines.iter().enumerate() {
            joined.push_str(line.trim_end_matches('\\'));
            if line.ends_with('\\') {
                continue;
            }
            let line = std::mem::take(&mut joined);
            let words = words(&line);
            if !words.is_empty() {
                found.push((block.first_line + offset, words));
            }
        }
    }
    found
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace()
        .take_while(|word| !word.starts_with('#'))
        .skip_while(|word| word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase())))
        .map(str::to_string)
        .collect()
}

/// Targets of links `[text](target)` that point into the repository, without their `#part`.
pub fn links(markdown: &str) -> Vec<String> {
    markdown
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .map(|target| target.split('#').next().unwrap_or(target).to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_from_shell_blocks_only() {
        let text = "a\n```sh run\n./start   # first\nA=b rempart ls \\\n  latest\n```\n```text\n./no\n```\n";
        let found = commands(text);
        assert_eq!(found, [(3, vec!["./start".into()]), (5, vec!["rempart".into(), "ls".into(), "latest".into()])]);
    }

    #[test]
    fn links_out_of_the_repository_are_left_alone() {
        let text = "[a](docs/a.md#part) [b](https://example.org) [c](#here)";
        assert_eq!(links(text), ["docs/a.md"]);
    }
}
