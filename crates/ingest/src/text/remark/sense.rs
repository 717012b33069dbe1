//! The sense of a sentence: whether it tells of a repair, of an attempt in vain, of a guess, and what it denies.

use super::pattern::{Pattern, Span};
use super::sentence::{Word, is_wide};

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a sentence says of what is spoken of in it, or near it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sense {
    /// It names a reason or a repair, or says that something works now.
    pub(super) mends: bool,
    /// It says that something was done.
    pub(super) tries: bool,
    /// It says that something was of no use, or that the failure is still there.
    pub(super) in_vain: bool,
    /// It asks, or guesses.
    pub(super) supposes: bool,
}

static MENDS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    parse(&[
        "fixed|fixes|solved|solves|resolved|resolves|cured|cures|mended|remedied|helped|solution|workaround|culprit",
        "fix|cure|remedy is|was|for",
        "root|real|actual|confirmed|known cause|reason|problem",
        "cause|reason|problem|issue|mistake|fault|error was|is|turned|lay",
        "caused|explained|because by|of",
        "because|due",
        "turned|turns out",
        "found|figured .. out|cause|reason|problem|that|it|solution",
        "did trick",
        "it|everything|all|vpn is|was|are fine|ok|okay|good|well|working|up",
        "that|this|it was .. case|indeed|one|all",
        "like charm",
        "worked|works|work for|now|again|after|fine|as|immediately|perfectly",
        "now|then|it|that|this|thanks|afterwards .. works|worked|connects|connected|working|fine",
        "could|can|able .. connect .. now|after|once|again|only",
        "was|were|am|is able",
        "after|once .. could|can|able|connects|connected|works|worked|working",
        "had|have|has|need|needs|needed|must|required|requires to|be|it|add|set",
        "only after|when|once|with",
        "to fix|solve|mend|resolve|avoid|cure",
        "try|please|should|recommend|suggest .. set|add|change|enable|disable|use|open|remove|check|install|run|edit|load",
        "edit|add|append|set|change|replace .. conf|file|line|registry|server",
        "was|were missing|wrong|disabled|off|closed|blocked|expired|stopped|empty|full",
        "解决|可以了|好了|没问题了|正常使用|就可以|就能|就好|成功|原因是|因为|需要|请在|請|正常了|搞定",
        "解決|直り|直っ|原因|つながるようになり|繋がるようになり|つながりました|繋がりました|接続できるよう|接続できました|必要",
        "resolvi|resolvido|resolveu|funcionou|solução|solucionado|solucionou|corrigi|corrigido|causa|faltava|precisou|passou|precisa|bastou",
    ])
});

static IN_VAIN: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    parse(&[
        "didn't|not|never|doesn't|does|did .. help|helped|change|solve|fix|matter",
        "didn't|not work|worked",
        "no|without|zero|little luck|effect|success|joy|avail|difference|change|result|use|improvement",
        "in vain",
        "still & !still .. works|working|connect|running",
        "nothing changed|changes|helps|helped|works",
        "same error|problem|result|issue|behaviour|behavior|message|thing",
        "made|makes no",
        "but|however .. still|no|not|error",
        "without|any success|result|luck",
        "无效|没用|不行|还是|仍然|依然|没有效果|没解决|未解决",
        "効果|変わら|だめ|ダメ|直らない|直りません|解決しません",
        "não funcionou|resolveu|adiantou|mudou",
        "continua|sem sucesso|efeito|resultado",
    ])
});

static TRIES: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    parse(&[
        "tried|trying|attempted|tested|experimented",
        "already|also|even .. set|added|changed|disabled|enabled|installed|opened|reinstalled|checked|configured|applied",
        "played|playing|fiddled with",
        "试过|尝试|已经|改过",
        "試し|試みました",
        "tentei|tentamos|testei|já",
    ])
});

static SUPPOSES: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    parse(&[
        "maybe|perhaps|possibly|might|suspect|guess|guessing|wonder|unsure|probably|presumably|suppose|assume|apparently",
        "could|may be|it|this|have",
        "not sure",
        "do|should|would|could|can|is|are i|we|it|there|that",
        "是不是|吗|可能|如何|怎么",
        "でしょうか|かもしれ",
        "será|talvez|acho",
    ])
});

/// What is said not to be so, behind the subject.
static DENIED_BEHIND: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    parse(&[
        "is|are|was|were not|no .. problem|cause|issue|reason|involved|culprit|used|relevant|fault|there|affected",
        "isn't|aren't|wasn't|weren't .. problem|cause|issue|reason|involved|culprit|used|relevant|fault|there|affected",
        "is|are|was|were|has|have|do|does|both correct|right|fine|ok|okay|good|identical|same|open|opened|allowed|match|matches|matching|valid|unlocked|trusted|already|verified|checked|been|double-checked|running|started|reachable",
        "is|are|was|were .. correct|identical|double-checked|verified|reachable|running|trusted & !not|wrong",
        "match|matches|agree|agrees on|both|exactly",
        "ruled|excluded out|already",
        "has|have nothing to",
        "没有问题|没问题|正确|正常|一致|都通|已通|已经打开|已打开|确认 & !没问题了|正常了|正常的|好了|可以了|解决",
        "問題ありません|問題なし|正しい|一致してい|関係ありません|ではありません",
        "está|estão correta|correto|certa|certo|aberta|abertas|igual|iguais|ok",
        "não é|está .. problema|causa|envolvido",
    ])
});

/// What is said of a circumstance that is not there.
static ABSENT_BEFORE: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| parse(&["no|without|neither|nor|not|never", "没有|沒有", "não há|existe|tem", "sem"]));

/// The same before the subject.
static DENIED_BEFORE: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    parse(&[
        "is|are|was|were|it's|that's|surely|certainly|definitely not",
        "isn't|wasn't|aren't|weren't",
        "nothing to do with",
        "ruled out",
        "exclude|excluded|unrelated|instead|rather",
        "already",
        "double-checked|checked|verified|confirmed|ensured|made|makes sure|that|both|all",
        "double-checked|checked|verified|confirmed|ensured",
        "sure",
        "不是|确认|已经 & !已经不|已经没",
        "não é",
    ])
});

impl Sense {
    /// The sense of a sentence. `asked`: it ends with a question mark.
    pub(super) fn of(words: &[Word], asked: bool) -> Sense {
        let mends = MENDS.iter().filter_map(|pattern| pattern.find(words)).any(|span| !negated(words, span));
        let in_vain = any(&IN_VAIN, words);
        Sense { mends, tries: any(&TRIES, words), in_vain, supposes: asked || any(&SUPPOSES, words) }
    }

    /// Whether this is a sentence of its own about the effect of what was said before, or is said next.
    pub(super) fn is_verdict(words: &[Word]) -> bool {
        words.len() <= 14
    }
}

/// Whether a sentence speaks of what the one before it said: "after changing it".
pub(super) fn points_back(words: &[Word]) -> bool {
    words.iter().take(6).any(|word| matches!(word.text.as_str(), "it" | "this" | "that" | "them" | "these" | "those"))
}

/// Whether a "not" stands in what is at `span`.
pub(super) fn is_not(words: &[Word], span: Span) -> bool {
    let within = words.get(span.from..span.to).unwrap_or_default();
    within.iter().any(|word| {
        matches!(
            word.text.as_str(),
            "not" | "isn't" | "wasn't" | "aren't" | "never" | "hasn't" | "neither" | "nor" | "não"
        )
    })
}

/// Whether what stands at `span` is said not to be there.
pub(super) fn absent(words: &[Word], span: Span) -> bool {
    let before = words.get(span.from.saturating_sub(4)..span.from).unwrap_or_default();
    let from = words.get(span.from..).unwrap_or_default();
    any(&ABSENT_BEFORE, before)
        || from.first().is_some_and(|word| ["没有", "ない", "无"].iter().any(|no| word.text.contains(no)))
}

/// Whether what stands at `span` is said not to be so.
pub(super) fn denied(words: &[Word], span: Span) -> bool {
    let behind = words.get(span.to..(span.to + 7).min(words.len())).unwrap_or_default();
    let before = words.get(span.from.saturating_sub(5)..span.from).unwrap_or_default();
    // That only one thing is allowed is no word of its being in order.
    let named = words.get(span.from..span.to).unwrap_or_default();
    if before.iter().rev().take(3).chain(named).any(|word| matches!(word.text.as_str(), "only" | "just")) {
        return false;
    }
    // A script without blanks has the whole statement in one run.
    let within: Vec<Word> = words
        .get(span.from..span.to)
        .unwrap_or_default()
        .iter()
        .filter(|word| word.text.contains(is_wide) && !word.text.contains("不一致") && !word.text.contains("不正确"))
        .cloned()
        .collect();
    DENIED_BEHIND.iter().any(|pattern| {
        // "is not the same" asserts that something is wrong.
        pattern.find(behind).is_some_and(|span| !negated(behind, span) && follows(behind, span))
            || pattern.find(&within).is_some()
    }) || any(&DENIED_BEFORE, before)
}

/// Whether what was found is said of what stands before, and not of something else: "and it is fine".
fn follows(words: &[Word], span: Span) -> bool {
    let between = words.get(..span.from).unwrap_or_default();
    let other = |word: &Word| matches!(word.text.as_str(), "it" | "everything" | "all" | "now" | "then");
    let wide = words.get(span.from).is_some_and(|word| word.text.contains(is_wide));
    span.from <= if wide { 1 } else { 3 } && !between.iter().any(other)
}

/// Whether a "not" stands just before, or in, what was found.
fn negated(words: &[Word], span: Span) -> bool {
    let near = words.get(span.from.saturating_sub(2)..span.to).unwrap_or_default();
    near.iter().any(|word| {
        matches!(
            word.text.as_str(),
            "not"
                | "never"
                | "hasn't"
                | "haven't"
                | "isn't"
                | "wasn't"
                | "didn't"
                | "doesn't"
                | "don't"
                | "nothing"
                | "unsolved"
                | "não"
                | "how"
        ) || [
            "没有解决",
            "未解决",
            "没解决",
            "无法解决",
            "如何解决",
            "怎么解决",
            "该如何",
            "求解决",
            "解決しま",
            "解決でき",
        ]
        .iter()
        .any(|said| {
            word.text.contains(said) && !word.text.contains("解決しました") && !word.text.contains("解決できました")
        })
    })
}

fn any(patterns: &[Pattern], words: &[Word]) -> bool {
    patterns.iter().any(|pattern| pattern.find(words).is_some())
}

fn parse(patterns: &[&str]) -> Vec<Pattern> {
    patterns.iter().map(|pattern| Pattern::parse(pattern, &HashMap::new())).collect()
}
