//! A value with its path, and the readings of it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::RangeInclusive,
    time::Duration,
};

use super::{
    Environment, Finding, Level, Outside,
    outside::OUTSIDE,
    tree::{At, Complaint, Entry, Kind, Node, truth},
};

/// The prefix of a value that stands in an environment variable.
const VARIABLE: &str = "os.environ/";
/// Longest duration that is taken for seconds: a week. More is likely meant as milliseconds.
const LONGEST: f64 = 604_800.0;

/// What all readers of a configuration share.
pub(super) struct Context<'c> {
    environment: &'c dyn Environment,
    /// `environment_variables:` of the file, which go before the real ones.
    pub(super) overlay: RefCell<BTreeMap<String, String>>,
    /// Names of the files that were read; [`At::file`] is an index of it.
    pub(super) files: RefCell<Vec<String>>,
    findings: RefCell<Vec<(At, Finding)>>,
    /// One section is read for several providers: that one of them has no use for a key says nothing.
    pub(super) many: Cell<bool>,
    /// What entries from outside the file may reach; `None` while the file is read.
    outside: Option<&'c Outside>,
    /// What has no effect is an error.
    strict: bool,
}

/// A value of the file, and where it stands.
#[derive(Clone)]
pub(super) struct Field<'n, 'c> {
    context: &'c Context<'c>,
    path: String,
    node: &'n Node,
}

// === impl Context ===

impl<'c> Context<'c> {
    pub(super) fn new(environment: &'c dyn Environment) -> Self {
        Self {
            environment,
            overlay: RefCell::default(),
            files: RefCell::default(),
            findings: RefCell::default(),
            many: Cell::default(),
            outside: None,
            strict: false,
        }
    }

    /// For entries from outside the file.
    pub(super) fn outside(outside: &'c Outside, strict: bool) -> Self {
        Self { outside: Some(outside), strict, ..Self::new(outside) }
    }

    /// What an entry from outside the file may reach.
    pub(super) fn reach(&self) -> Option<&'c Outside> {
        self.outside
    }

    /// A variable, as the file sets it or as it is set.
    pub(super) fn var(&self, name: &str) -> Option<String> {
        let set = self.overlay.borrow().get(name).cloned();
        set.or_else(|| self.environment.var(name))
    }

    pub(super) fn complain(&self, complaint: Complaint) {
        let Complaint { at, message, hint } = complaint;
        self.find(Level::Error, at, String::new(), message, hint);
    }

    fn find(&self, level: Level, at: At, path: String, message: String, hint: Option<String>) {
        let file = self.files.borrow().get(at.file).cloned().unwrap_or_default();
        let finding = Finding { level, file, line: at.line, path, message, hint };
        // An anchored value is read wherever it is used, and is wrong once.
        if !self.findings.borrow().iter().any(|(_, known)| *known == finding) {
            self.findings.borrow_mut().push((at, finding));
        }
    }

    /// How bad it is that something has no effect.
    fn idle(&self) -> Level {
        if self.strict { Level::Error } else { Level::Warning }
    }

    /// All findings, by file and line.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings.into_inner();
        findings.sort_by_key(|(at, _)| *at);
        findings.into_iter().map(|(_, finding)| finding).collect()
    }
}

// === impl Field ===

impl<'n, 'c> Field<'n, 'c> {
    /// The file as a whole.
    pub(super) fn root(context: &'c Context<'c>, node: &'n Node) -> Self {
        Self { context, path: String::new(), node }
    }

    /// A value that stands at a path of its own.
    pub(super) fn at(context: &'c Context<'c>, path: impl Into<String>, node: &'n Node) -> Self {
        Self { context, path: path.into(), node }
    }

    /// Whether it is from outside the file.
    pub(super) fn is_outside(&self) -> bool {
        self.node.at == OUTSIDE
    }

    /// A value of this mapping.
    pub(super) fn below(&self, entry: &'n Entry) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{}", self.path, entry.key);
        Self { context: self.context, path, node: &entry.value }
    }

    pub(super) fn context(&self) -> &'c Context<'c> {
        self.context
    }

    pub(super) fn node(&self) -> &'n Node {
        self.node
    }

    pub(super) fn line(&self) -> usize {
        self.node.at.line
    }

    pub(super) fn is_mapping(&self) -> bool {
        matches!(self.node.kind, Kind::Mapping(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.node.kind, Kind::Sequence(_))
    }

    /// An error: what is wrong, and what would be right.
    pub(super) fn wrong(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.find(Level::Error, message.into(), hint.into());
    }

    /// A warning: what has not the effect that it looks to have, and what there is instead.
    pub(super) fn warn(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.find(Level::Warning, message.into(), hint.into());
    }

    /// An error: whoever adds models does not say which of the gateway's files are read.
    pub(super) fn no_file(&self) {
        self.wrong(
            "names a file of the gateway's, and only the configuration file may",
            "give the value itself, or aws-secret/NAME",
        );
    }

    /// A warning that a key means nothing to a provider.
    pub(super) fn no_use(&self, provider: &str) {
        if !self.context.many.get() {
            let level = self.context.idle();
            self.find(level, format!("has no effect at provider `{provider}`"), String::new());
        }
    }

    /// A warning about the key rather than about its value.
    pub(super) fn warn_key(&self, at: At, message: String, hint: Option<String>) {
        self.context.find(self.context.idle(), at, self.path.clone(), message, hint);
    }

    fn find(&self, level: Level, message: String, hint: String) {
        let hint = Some(hint).filter(|hint| !hint.is_empty());
        self.context.find(level, self.node.at, self.path.clone(), message, hint);
    }

    /// The values of a list.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        let Kind::Sequence(nodes) = &self.node.kind else {
            if !self.node.is_null() {
                self.wrong(
                    format!("is {}, not a list", self.node.describe()),
                    "write `- ` lines below it",
                );
            }
            return None;
        };
        let item = |(index, node)| {
            let path = format!("{}[{index}]", self.path);
            Self { context: self.context, path, node }
        };
        Some(nodes.iter().enumerate().map(item).collect())
    }

    /// A single value as it is written, before variables are put in.
    pub(super) fn written(&self) -> Option<&'n str> {
        match &self.node.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => {
                self.wrong(format!("is {}, not a single value", self.node.describe()), "");
                None
            }
        }
    }

    /// Text, with `os.environ/NAME` replaced by the variable's value.
    pub(super) fn text(&self) -> Option<String> {
        let written = self.written()?;
        let Some(name) = written.strip_prefix(VARIABLE) else { return Some(written.to_owned()) };
        if let Some(outside) = self.context.outside.filter(|_| self.is_outside())
            && !outside.grants_variable(name.trim())
        {
            self.wrong(
                format!("the environment variable `{}` cannot be read from here", name.trim()),
                "give the value itself, aws-secret/NAME, or a `litellm_credential_name`; or have the \
                 operator list the variable in `general_settings.variables_for_api`",
            );
            return None;
        }
        let value = self.context.var(name.trim());
        if value.is_none() {
            self.wrong(
                format!("the environment variable `{}` is not set", name.trim()),
                "set it, or take this line out",
            );
        }
        value
    }

    /// Text that says something.
    pub(super) fn name(&self) -> Option<String> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.wrong("is empty", "");
            return None;
        }
        Some(text)
    }

    /// The texts of a list.
    pub(super) fn names(&self) -> Option<Vec<String>> {
        Some(self.items()?.iter().filter_map(Self::name).collect())
    }

    /// The texts of a list, or the only one.
    pub(super) fn one_or_many(&self) -> Option<Vec<String>> {
        match self.node.kind {
            Kind::Sequence(_) => self.names(),
            _ => self.name().map(|name| vec![name]),
        }
    }

    /// A truth value.
    pub(super) fn flag(&self) -> Option<bool> {
        let text = self.text()?;
        let flag = truth(text.trim());
        if flag.is_none() {
            self.wrong(format!("`{}` is not a truth value", self.shown()), "write true or false");
        }
        flag
    }

    /// A whole number in a range.
    pub(super) fn whole(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let text = self.text()?;
        let plain = text.trim().replace('_', "");
        let plain = plain.strip_suffix(".0").unwrap_or(&plain);
        let number = plain.parse::<u64>().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let hint = match *range.end() {
                u64::MAX => format!("write a whole number from {} on", range.start()),
                end => format!("write a whole number from {} to {end}", range.start()),
            };
            self.wrong(format!("`{}` is not a number that fits here", self.shown()), hint);
        }
        number
    }

    /// A count of attempts after the first.
    pub(super) fn retries(&self) -> Option<u32> {
        self.whole(0..=100).and_then(|count| u32::try_from(count).ok())
    }

    /// A number that is not money.
    pub(super) fn number(&self) -> Option<f64> {
        let text = self.text()?;
        let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            self.wrong(
                format!("`{}` is not a number", self.shown()),
                "write a number, such as 1 or 0.5",
            );
        }
        number
    }

    /// A time in seconds.
    pub(super) fn seconds(&self) -> Option<Duration> {
        let number = self.number()?;
        if number <= 0.0 || number > LONGEST {
            self.wrong(
                format!("`{}` is no useful time", self.shown()),
                "write seconds, more than 0",
            );
            return None;
        }
        Duration::try_from_secs_f64(number).ok()
    }

    /// The beginning of the value as it is written, for a message. What a variable holds may be a
    /// secret, and is never shown.
    pub(super) fn shown(&self) -> String {
        const MOST: usize = 40;
        let Kind::Scalar { text, .. } = &self.node.kind else { return String::new() };
        match text.char_indices().nth(MOST) {
            Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
            None => text.clone(),
        }
    }
}
