//! Which hint fits a failure: the exercise's own, or a general one.

use serde::Deserialize;

use crate::catalogue::{Exercise, Hint};

/// What `hint` gives: nudge, concept, code shape.
pub const STEPS: usize = 3;

const GENERAL: &str = include_str!("general-hints.toml");

#[derive(Deserialize)]
struct General {
    hint: Vec<Hint>,
}

/// Hints for what can happen to any answer: a panic, the end of the process.
pub fn general() -> Vec<Hint> {
    toml::from_str(GENERAL).map_or_else(|_| Vec::new(), |general: General| general.hint)
}

/// The steps for a failure, in one language; None when neither the exercise nor the general hints know the key.
pub fn steps(
    exercise: &Exercise,
    key: &str,
    language: crate::catalogue::Language,
) -> Option<Vec<String>> {
    if let Some(hint) = exercise.hint(key) {
        return Some(hint.steps.in_language(language).clone());
    }
    let hint = general().into_iter().find(|hint| hint.key == key)?;
    Some(hint.steps.in_language(language).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_hints_are_complete() {
        let hints = general();
        assert!(!hints.is_empty());
        for hint in hints {
            assert_eq!(
                (hint.steps.en.len(), hint.steps.ko.len()),
                (STEPS, STEPS),
                "{}",
                hint.key
            );
        }
    }
}
