//! Completions for the system's shell, which asks the program for sentences after `-e` and for names.

use crate::account::inventory::Inventory;
use crate::query::Named;

use super::complete::complete;
use super::known::Known;

/// Complete lines: each repeats the typed line, with its last word completed.
pub(crate) fn offered(line: &str, inventories: &[Inventory], named: &Named) -> Vec<String> {
    let known = Known::of(inventories, named);
    let completion = complete(line, &known);
    completion.words.into_iter().map(|word| format!("{}{word}", &line[..completion.start])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_offered_whole() {
        let named = Named { sentences: [("refused".to_string(), "vpc".to_string())].into(), ..Named::default() };
        let offered = |line: &str| offered(line, &[], &named);
        assert_eq!(offered("vpc where dst.p"), ["vpc where dst.port"]);
        assert_eq!(offered("@ref"), ["@refused"]);
        assert!(offered("vpc where dst.port = 22)").is_empty());
    }
}
