//! Answers as JSON, for machines and scripts.

use serde_json::{Value as Json, json};

use super::{Answer, Case, End, Question};

impl Answer<'_> {
    /// Converts the answer, with its verdict, cases and steps.
    #[must_use]
    pub fn to_json(&self, question: &Question) -> Json {
        json!({
            "source": question.source,
            "target": question.target,
            "verdict": self.verdict().words(),
            "cases": self.cases.iter().map(of_case).collect::<Vec<Json>>(),
            "pairs_left_out": self.left_out,
        })
    }
}

fn of_case(case: &Case<'_>) -> Json {
    let judgement = &case.judgement;
    let steps = judgement.steps.iter().flat_map(|step| {
        step.pieces.iter().map(|piece| {
            json!({
                "way": if step.is_answer { "answer" } else { "request" },
                "check": step.check.name(),
                "ports": [piece.ports.start(), piece.ports.end()],
                "decision": piece.decision.word(),
                "by": piece.by,
            })
        })
    });
    let reasons = judgement.reasons().map(|piece| piece.by.as_str());
    json!({
        "source": of_end(&judgement.source),
        "target": of_end(&judgement.target),
        "service": judgement.service.label(),
        "verdict": judgement.verdict.words(),
        "reasons": reasons.collect::<Vec<&str>>(),
        "fixes": case.fixes,
        "steps": steps.collect::<Vec<Json>>(),
        "others": case.others.iter().map(|(from, to)| json!([of_end(from), of_end(to)])).collect::<Vec<Json>>(),
    })
}

fn of_end(end: &End<'_>) -> Json {
    json!({
        "address": end.address.to_string(),
        "interface": end.interface.map(|interface| &interface.id),
        "name": end.interface.and_then(|interface| interface.name.as_ref()),
    })
}
