//! Expressions of a rule: whole numbers, names, `+ - * /`, unary minus, parentheses, `min`, `max`, `ceil`.
//!
//! `a / b` rounds down (towards minus infinity) and `ceil(a, b)` up, whatever the signs; everything is
//! exact in i128 and an overflow is an error, never a wrap. An expression is read once into a list of
//! operations for a stack, in which names are numbers of slots.

/// Longest expression, in bytes.
pub const LENGTH_MAX: usize = 500;
/// Deepest nesting of parentheses, functions and signs.
pub const DEPTH_MAX: usize = 32;
/// Largest number that may be written in an expression (2^53).
const NUMBER_MAX: i64 = crate::units::COUNT_MAX;

/// Why an expression cannot be read. The words are for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Character at fault, from 1.
    pub position: usize,
    /// Why, in Japanese.
    pub ja: String,
    /// Why, in English.
    pub en: String,
}

/// Why an expression has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A divisor was 0.
    DivisionByZero,
    /// A number left i128.
    Overflow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Number(i64),
    /// A slot.
    Name(usize),
    Negate,
    Add,
    Subtract,
    Multiply,
    Divide,
    Ceil,
    Min,
    Max,
}

/// An expression, ready to be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    text: String,
    ops: Vec<Op>,
}

impl Program {
    /// Reads an expression. `slot` gives the number of a name; it is asked in the order of the text.
    ///
    /// # Errors
    /// [`Unreadable`], with the place in the text.
    pub fn read(text: &str, slot: impl FnMut(&str) -> usize) -> Result<Self, Unreadable> {
        let mut reader = Reader { text, at: 0, depth: 0, ops: Vec::new(), slot };
        if text.len() > LENGTH_MAX {
            let (ja, en) = (format!("長すぎます（{LENGTH_MAX}バイトまで）"), format!("longer than {LENGTH_MAX} bytes"));
            return Err(Unreadable { position: 1, ja, en });
        }
        reader.sum()?;
        reader.space();
        if reader.at < text.len() {
            return Err(reader.unexpected());
        }
        Ok(Self { text: text.to_owned(), ops: reader.ops })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The slots that it names, in the order of the text, some maybe several times.
    pub fn slots(&self) -> impl Iterator<Item = usize> {
        self.ops.iter().filter_map(|op| if let Op::Name(slot) = op { Some(*slot) } else { None })
    }

    /// The slot, if the expression is nothing but a name.
    #[must_use]
    pub fn only_slot(&self) -> Option<usize> {
        if let [Op::Name(slot)] = self.ops.as_slice() { Some(*slot) } else { None }
    }

    /// Its value; `stack` is room for numbers that callers keep from one place to the next.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn value(&self, stack: &mut Vec<i128>, of: impl Fn(usize) -> i64) -> Result<i128, Fault> {
        match self.ops.as_slice() {
            // most weights and many bounds are just that
            [Op::Name(slot)] => return Ok(i128::from(of(*slot))),
            [Op::Number(number)] => return Ok(i128::from(*number)),
            _ => stack.clear(),
        }
        for op in &self.ops {
            let number = match *op {
                Op::Number(number) => i128::from(number),
                Op::Name(slot) => i128::from(of(slot)),
                Op::Negate => popped(stack)?.checked_neg().ok_or(Fault::Overflow)?,
                Op::Add => two(stack, i128::checked_add)?,
                Op::Subtract => two(stack, i128::checked_sub)?,
                Op::Multiply => two(stack, i128::checked_mul)?,
                Op::Min => two(stack, |a, b| Some(a.min(b)))?,
                Op::Max => two(stack, |a, b| Some(a.max(b)))?,
                Op::Divide => divided(stack, false)?,
                Op::Ceil => divided(stack, true)?,
            };
            stack.push(number);
        }
        popped(stack)
    }
}

/// A program leaves no operation without its numbers, so an empty stack does not happen.
fn popped(stack: &mut Vec<i128>) -> Result<i128, Fault> {
    stack.pop().ok_or(Fault::Overflow)
}

fn two(stack: &mut Vec<i128>, of: impl Fn(i128, i128) -> Option<i128>) -> Result<i128, Fault> {
    let (b, a) = (popped(stack)?, popped(stack)?);
    of(a, b).ok_or(Fault::Overflow)
}

fn divided(stack: &mut Vec<i128>, up: bool) -> Result<i128, Fault> {
    let (b, a) = (popped(stack)?, popped(stack)?);
    if b == 0 {
        return Err(Fault::DivisionByZero);
    }
    // short numbers divide much faster than long ones
    let (quotient, rest) = match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) if b != -1 => (i128::from(a / b), i128::from(a % b)),
        _ => (a.checked_div(b).ok_or(Fault::Overflow)?, a.checked_rem(b).ok_or(Fault::Overflow)?),
    };
    let below_zero = (rest < 0) != (b < 0);
    Ok(match () {
        () if rest != 0 && up && !below_zero => quotient + 1,
        () if rest != 0 && !up && below_zero => quotient - 1,
        () => quotient,
    })
}

struct Reader<'a, S> {
    text: &'a str,
    /// Byte.
    at: usize,
    depth: usize,
    ops: Vec<Op>,
    slot: S,
}

impl<S: FnMut(&str) -> usize> Reader<'_, S> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn unreadable(&self, ja: &str, en: &str) -> Unreadable {
        let position = self.text.get(..self.at).unwrap_or_default().chars().count() + 1;
        Unreadable { position, ja: ja.to_owned(), en: en.to_owned() }
    }

    fn unexpected(&self) -> Unreadable {
        match self.rest().chars().next() {
            None => self.unreadable("途中で終わっています", "it ends too early"),
            Some(found) => {
                self.unreadable(&format!("「{found}」はここに書けません"), &format!("`{found}` cannot stand here"))
            }
        }
    }

    fn space(&mut self) {
        self.at += self.rest().bytes().take_while(|byte| *byte == b' ').count();
    }

    /// The next character that is no space, taken if it is one of `wanted`.
    fn take(&mut self, wanted: &[char]) -> Option<char> {
        self.space();
        let found = self.rest().chars().next().filter(|found| wanted.contains(found))?;
        self.at += found.len_utf8();
        Some(found)
    }

    fn word(&mut self, of: impl Fn(u8) -> bool) -> String {
        let length = self.rest().bytes().take_while(|byte| of(*byte)).count();
        let word = self.rest().get(..length).unwrap_or_default().to_owned();
        self.at += length;
        word
    }

    fn deeper(&mut self) -> Result<(), Unreadable> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.unreadable(
                &format!("入れ子が深すぎます（{DEPTH_MAX}段まで）"),
                &format!("nested deeper than {DEPTH_MAX}"),
            ));
        }
        Ok(())
    }

    fn sum(&mut self) -> Result<(), Unreadable> {
        self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            self.product()?;
            self.ops.push(if sign == '+' { Op::Add } else { Op::Subtract });
        }
        Ok(())
    }

    fn product(&mut self) -> Result<(), Unreadable> {
        self.signed()?;
        while let Some(sign) = self.take(&['*', '/']) {
            self.signed()?;
            self.ops.push(if sign == '*' { Op::Multiply } else { Op::Divide });
        }
        Ok(())
    }

    fn signed(&mut self) -> Result<(), Unreadable> {
        if self.take(&['-']).is_none() {
            return self.atom();
        }
        self.deeper()?;
        self.signed()?;
        self.depth -= 1;
        self.ops.push(Op::Negate);
        Ok(())
    }

    fn atom(&mut self) -> Result<(), Unreadable> {
        if self.take(&['(']).is_some() {
            self.deeper()?;
            self.sum()?;
            self.depth -= 1;
            return self.closed();
        }
        self.space();
        let start = self.at;
        match self.rest().bytes().next() {
            Some(b'0'..=b'9') => {
                let digits = self.word(|byte| byte.is_ascii_digit());
                let Some(number) = digits.parse().ok().filter(|number| *number <= NUMBER_MAX) else {
                    self.at = start;
                    return Err(self.unreadable("数が大きすぎます", "the number is too large"));
                };
                self.ops.push(Op::Number(number));
                Ok(())
            }
            Some(b'a'..=b'z') => {
                let name = self.word(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
                if self.take(&['(']).is_some() {
                    return self.function(&name, start);
                }
                let slot = (self.slot)(&name);
                self.ops.push(Op::Name(slot));
                Ok(())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn closed(&mut self) -> Result<(), Unreadable> {
        if self.take(&[')']).is_some() { Ok(()) } else { Err(self.unexpected()) }
    }

    fn function(&mut self, name: &str, start: usize) -> Result<(), Unreadable> {
        let (op, most) = match name {
            "min" => (Op::Min, usize::MAX),
            "max" => (Op::Max, usize::MAX),
            "ceil" => (Op::Ceil, 2),
            _ => {
                self.at = start;
                let (ja, en) = (format!("関数 {name} はありません"), format!("there is no function {name}"));
                return Err(self.unreadable(&ja, &en));
            }
        };
        self.deeper()?;
        self.sum()?;
        let mut count = 1;
        while self.take(&[',']).is_some() {
            self.sum()?;
            self.ops.push(op);
            count += 1;
        }
        self.depth -= 1;
        self.closed()?;
        if count < 2 || count > most {
            self.at = start;
            let (ja, en) =
                (format!("{name} の引数の数が違います"), format!("{name} takes another number of arguments"));
            return Err(self.unreadable(&ja, &en));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Result<i128, Fault> {
        let names = ["a", "b", "zero", "low"];
        let program = Program::read(text, |name| names.iter().position(|known| *known == name).unwrap()).unwrap();
        program.value(&mut Vec::new(), |slot| [7, 3, 0, i64::MIN][slot])
    }

    #[test]
    fn precedence_signs_and_rounding() {
        for (text, expected) in [
            ("1 + 2 * 3", 7),
            ("(1+2)*3", 9),
            ("10 - 3 - 2", 5),
            ("a / b", 2),
            ("-a / b", -3),
            ("a / -b", -3),
            ("-a / -b", 2),
            ("ceil(a, b)", 3),
            ("ceil(-a, b)", -2),
            ("ceil(a, -b)", -2),
            ("ceil(-a, -b)", 3),
            ("ceil(6, b)", 2),
            ("- - a", 7),
            ("100 / 10 / 5", 2),
            ("2 * -b", -6),
            ("min(a, b, 5)", 3),
            ("max(a, b, 9, 1)", 9),
            ("max(0, b - a)", 0),
            ("min(ceil(a, 2), max(b, 4)) * 2", 8),
            ("a * 0 / b", 0),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_has_no_value_says_why() {
        for text in ["a / zero", "ceil(a, zero)", "a / (b - 3)"] {
            assert_eq!(value(text), Err(Fault::DivisionByZero), "{text}");
        }
        assert_eq!(value("low"), Ok(i128::from(i64::MIN)));
        assert_eq!(value("low * low"), Ok(1 << 126));
        assert_eq!(value("low / -1"), Ok(1 << 63));
        for text in ["low * low * 2", "-(low*low) - low*low - 1", "low * low * low"] {
            assert_eq!(value(text), Err(Fault::Overflow), "{text}");
        }
        assert_eq!(value("-(low*low) - low*low"), Ok(i128::MIN));
        assert_eq!(value("-(-(low*low) - low*low)"), Err(Fault::Overflow));
        assert_eq!(value("(-(low*low) - low*low) / -1"), Err(Fault::Overflow));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let deep = format!("{}1{}", "(".repeat(DEPTH_MAX + 1), ")".repeat(DEPTH_MAX + 1));
        let signs = format!("{}1", "-".repeat(DEPTH_MAX + 1));
        let long = format!("1{}", " ".repeat(LENGTH_MAX));
        for (text, position, en) in [
            ("", 1, "it ends too early"),
            ("1 +", 4, "it ends too early"),
            ("(1", 3, "it ends too early"),
            ("1 2", 3, "`2` cannot stand here"),
            ("1 ? 2", 3, "`?` cannot stand here"),
            ("a & b", 3, "`&` cannot stand here"),
            ("1.5", 2, "`.` cannot stand here"),
            ("人口 * 2", 1, "`人` cannot stand here"),
            ("max(1)", 1, "max takes another number of arguments"),
            ("1 + ceil(1, 2, 3)", 5, "ceil takes another number of arguments"),
            ("sqrt(4)", 1, "there is no function sqrt"),
            ("min()", 5, "`)` cannot stand here"),
            ("9007199254740993", 1, "the number is too large"),
            ("99999999999999999999999", 1, "the number is too large"),
            ("+1", 1, "`+` cannot stand here"),
            (deep.as_str(), 34, "nested deeper than 32"),
            (signs.as_str(), 34, "nested deeper than 32"),
            (long.as_str(), 1, "longer than 500 bytes"),
        ] {
            let found = Program::read(text, |_| 0).unwrap_err();
            assert_eq!((found.position, found.en.as_str()), (position, en), "{text}");
            assert!(!found.ja.is_ascii());
        }
        assert!(Program::read(&deep[1..deep.len() - 1], |_| 0).is_ok());
    }

    /// A tree, written with all its parentheses and computed without the engine.
    #[derive(Debug, Clone)]
    enum Tree {
        Number(i64),
        Pair(char, Box<Tree>, Box<Tree>),
    }

    fn any_tree() -> impl Strategy<Value = Tree> {
        let leaf = prop_oneof![(0..=9_i64), (0..=1_i64 << 53)].prop_map(Tree::Number);
        leaf.prop_recursive(5, 24, 2, |inner| {
            (proptest::sample::select(vec!['+', '-', '*', '/', 'c', 'm', 'M']), inner.clone(), inner)
                .prop_map(|(sign, a, b)| Tree::Pair(sign, Box::new(a), Box::new(b)))
        })
    }

    fn written(tree: &Tree) -> String {
        match tree {
            Tree::Number(number) => number.to_string(),
            Tree::Pair(sign, a, b) => match (sign, written(a), written(b)) {
                ('c', a, b) => format!("ceil({a},{b})"),
                ('m', a, b) => format!("min({a} , {b})"),
                ('M', a, b) => format!("max({a},{b})"),
                (sign, a, b) => format!("({a}{sign} {b})"),
            },
        }
    }

    fn plain(tree: &Tree) -> Option<i128> {
        let Tree::Pair(sign, a, b) = tree else {
            let Tree::Number(number) = tree else { return None };
            return Some(i128::from(*number));
        };
        let (a, b) = (plain(a)?, plain(b)?);
        match sign {
            '+' => a.checked_add(b),
            '-' => a.checked_sub(b),
            '*' => a.checked_mul(b),
            'm' => Some(a.min(b)),
            'M' => Some(a.max(b)),
            _ if b == 0 => None,
            // Euclid's quotient rounds down for a positive divisor and up for a negative one
            '/' => Some(if b > 0 { a.checked_div_euclid(b)? } else { a.checked_neg()?.checked_div_euclid(-b)? }),
            _ => Some(if b > 0 {
                a.checked_neg()?.checked_div_euclid(b)?.checked_neg()?
            } else {
                a.checked_div_euclid(-b)?.checked_neg()?
            }),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn equals_the_tree(tree in any_tree()) {
            let text = written(&tree);
            if let Ok(program) = Program::read(&text, |_| 0) {
                let found = program.value(&mut Vec::new(), |_| 0);
                prop_assert_eq!(found.ok(), plain(&tree), "{}", text);
            } else {
                prop_assert!(text.len() > LENGTH_MAX);
            }
        }

        #[test]
        fn no_text_stops_the_reader(text in "[ a-c0-9+*/(),-]{0,60}|.{0,40}") {
            if let Ok(program) = Program::read(&text, |_| 0) {
                let _ = program.value(&mut Vec::new(), |_| i64::MIN);
            }
        }
    }
}
