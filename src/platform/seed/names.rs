//! The names of people and teams, as they are met: common ones often, and English ones beside Chinese ones.
//!
//! A name of ours has three characters or more (`base::text::Name`), which 王伟 has not: like people who meet that rule,
//! those put a number behind it. All are lists by hand, of the most frequent names.

use super::draw::{Draw, place};

/// Surnames with how many of a thousand have them, and how they are spelled in accounts.
#[rustfmt::skip] // It is a table.
const SURNAMES: &[(u64, (&str, &str))] = &[
    (72, ("王", "wang")), (71, ("李", "li")), (67, ("张", "zhang")), (53, ("刘", "liu")), (45, ("陈", "chen")),
    (30, ("杨", "yang")), (22, ("黄", "huang")), (22, ("赵", "zhao")), (20, ("吴", "wu")), (20, ("周", "zhou")),
    (14, ("徐", "xu")), (14, ("孙", "sun")), (13, ("马", "ma")), (12, ("朱", "zhu")), (11, ("胡", "hu")),
    (11, ("郭", "guo")), (10, ("何", "he")), (10, ("林", "lin")), (10, ("高", "gao")), (10, ("罗", "luo")),
    (9, ("郑", "zheng")), (8, ("梁", "liang")), (7, ("谢", "xie")), (7, ("宋", "song")), (7, ("唐", "tang")),
    (6, ("许", "xu")), (6, ("韩", "han")), (6, ("邓", "deng")), (6, ("冯", "feng")), (6, ("曹", "cao")),
    (6, ("彭", "peng")), (6, ("曾", "zeng")), (5, ("肖", "xiao")), (5, ("田", "tian")), (5, ("董", "dong")),
    (5, ("潘", "pan")), (5, ("袁", "yuan")), (5, ("蔡", "cai")), (5, ("蒋", "jiang")), (4, ("余", "yu")),
    (4, ("于", "yu")), (4, ("杜", "du")), (4, ("叶", "ye")), (4, ("程", "cheng")), (4, ("魏", "wei")),
    (4, ("苏", "su")), (4, ("吕", "lv")), (4, ("丁", "ding")), (4, ("任", "ren")), (3, ("卢", "lu")),
    (3, ("姚", "yao")), (3, ("沈", "shen")), (3, ("钟", "zhong")), (3, ("姜", "jiang")), (3, ("崔", "cui")),
    (3, ("谭", "tan")), (3, ("陆", "lu")), (3, ("范", "fan")), (3, ("汪", "wang")), (3, ("廖", "liao")),
    (3, ("石", "shi")), (3, ("金", "jin")), (2, ("韦", "wei")), (2, ("贾", "jia")), (2, ("夏", "xia")),
    (2, ("付", "fu")), (2, ("方", "fang")), (2, ("邹", "zou")), (2, ("熊", "xiong")), (2, ("白", "bai")),
    (2, ("孟", "meng")), (2, ("秦", "qin")), (2, ("邱", "qiu")), (2, ("侯", "hou")), (2, ("江", "jiang")),
    (2, ("尹", "yin")), (2, ("薛", "xue")), (2, ("闫", "yan")), (2, ("雷", "lei")), (2, ("龙", "long")),
    (2, ("黎", "li")), (2, ("史", "shi")), (2, ("陶", "tao")), (2, ("贺", "he")), (2, ("毛", "mao")),
    (1, ("郝", "hao")), (1, ("顾", "gu")), (1, ("龚", "gong")), (1, ("邵", "shao")), (1, ("万", "wan")),
    (1, ("覃", "qin")), (1, ("武", "wu")), (1, ("钱", "qian")), (1, ("戴", "dai")), (1, ("严", "yan")),
    (1, ("莫", "mo")), (1, ("孔", "kong")), (1, ("向", "xiang")), (1, ("常", "chang")), (1, ("欧阳", "ouyang")),
    (1, ("上官", "shangguan")), (1, ("司马", "sima")), (1, ("诸葛", "zhuge")),
];

/// Characters of given names.
#[rustfmt::skip]
const GIVEN: &[(&str, &str)] = &[
    ("伟", "wei"), ("芳", "fang"), ("娜", "na"), ("敏", "min"), ("静", "jing"), ("丽", "li"), ("强", "qiang"),
    ("磊", "lei"), ("军", "jun"), ("洋", "yang"), ("勇", "yong"), ("艳", "yan"), ("杰", "jie"), ("娟", "juan"),
    ("涛", "tao"), ("明", "ming"), ("超", "chao"), ("秀", "xiu"), ("霞", "xia"), ("平", "ping"), ("刚", "gang"),
    ("桂", "gui"), ("英", "ying"), ("华", "hua"), ("玉", "yu"), ("兰", "lan"), ("红", "hong"), ("梅", "mei"),
    ("鹏", "peng"), ("辉", "hui"), ("飞", "fei"), ("波", "bo"), ("斌", "bin"), ("宇", "yu"), ("浩", "hao"),
    ("凯", "kai"), ("健", "jian"), ("俊", "jun"), ("帆", "fan"), ("雪", "xue"), ("倩", "qian"), ("婷", "ting"),
    ("慧", "hui"), ("颖", "ying"), ("琳", "lin"), ("晶", "jing"), ("欣", "xin"), ("怡", "yi"), ("佳", "jia"),
    ("雨", "yu"), ("梓", "zi"), ("轩", "xuan"), ("涵", "han"), ("子", "zi"), ("一", "yi"), ("诺", "nuo"),
    ("晨", "chen"), ("思", "si"), ("雅", "ya"), ("文", "wen"), ("博", "bo"), ("志", "zhi"), ("建", "jian"),
    ("国", "guo"), ("海", "hai"), ("天", "tian"), ("晓", "xiao"), ("春", "chun"), ("东", "dong"), ("振", "zhen"),
    ("嘉", "jia"), ("瑞", "rui"), ("泽", "ze"), ("宁", "ning"), ("丹", "dan"), ("萍", "ping"), ("莉", "li"),
    ("荣", "rong"), ("学", "xue"), ("永", "yong"), ("成", "cheng"), ("立", "li"), ("新", "xin"), ("庆", "qing"),
    ("安", "an"), ("然", "ran"), ("可", "ke"), ("若", "ruo"), ("睿", "rui"), ("皓", "hao"),
];

#[rustfmt::skip]
const FIRST_NAMES: &[&str] = &[
    "James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth",
    "William", "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Sarah", "Charles", "Karen",
    "Daniel", "Nancy", "Matthew", "Lisa", "Anthony", "Betty", "Mark", "Margaret", "Paul", "Sandra",
    "Steven", "Ashley", "Andrew", "Emily", "Kenneth", "Donna", "Joshua", "Michelle", "Kevin", "Carol",
    "Brian", "Amanda", "George", "Melissa", "Edward", "Deborah", "Ronald", "Laura", "Timothy", "Rebecca",
    "Jason", "Sharon", "Jeffrey", "Cynthia", "Ryan", "Kathleen", "Jacob", "Amy", "Gary", "Angela",
    "Nicholas", "Emma", "Eric", "Olivia", "Jonathan", "Grace", "Stephen", "Hannah", "Justin", "Chloe",
    "Scott", "Sophie", "Noah", "Lucy", "Liam", "Alice", "Oliver", "Ruby",
];

#[rustfmt::skip]
const LAST_NAMES: &[(u64, &str)] = &[
    (24, "Smith"), (19, "Johnson"), (16, "Williams"), (14, "Brown"), (14, "Jones"), (12, "Garcia"), (12, "Miller"),
    (11, "Davis"), (11, "Rodriguez"), (11, "Martinez"), (10, "Hernandez"), (9, "Lopez"), (8, "Gonzalez"), (8, "Wilson"),
    (8, "Anderson"), (8, "Thomas"), (7, "Taylor"), (7, "Moore"), (7, "Jackson"), (7, "Martin"), (7, "Lee"),
    (7, "Perez"), (7, "Thompson"), (7, "White"), (6, "Harris"), (6, "Sanchez"), (6, "Clark"), (6, "Ramirez"),
    (5, "Lewis"), (5, "Robinson"), (5, "Walker"), (5, "Young"), (5, "Allen"), (5, "King"), (5, "Wright"),
    (4, "Scott"), (4, "Torres"), (4, "Nguyen"), (4, "Hill"), (4, "Flores"), (4, "Green"), (4, "Adams"),
    (4, "Nelson"), (4, "Baker"), (4, "Hall"), (4, "Rivera"), (4, "Campbell"), (4, "Mitchell"), (4, "Carter"),
    (4, "Roberts"), (3, "Evans"), (3, "Turner"), (3, "Parker"), (3, "Collins"), (3, "Edwards"), (3, "Stewart"),
    (3, "Morris"), (3, "Murphy"), (3, "Cook"), (3, "Rogers"), (3, "Morgan"), (3, "Cooper"), (3, "Reed"),
    (3, "Bailey"), (3, "Kelly"), (3, "Howard"), (3, "Ward"), (3, "Cox"), (3, "Watson"), (3, "Brooks"),
    (3, "Bennett"), (3, "Gray"), (3, "Hughes"), (3, "Price"), (3, "Myers"), (3, "Long"), (3, "Foster"),
    (3, "Ross"),
];

const BRANDS: &[(&str, &str)] = &[
    ("星河", "Galaxy"),
    ("青云", "Azure"),
    ("远航", "Voyage"),
    ("海豚", "Dolphin"),
    ("松果", "Pinecone"),
    ("蓝鲸", "Blue Whale"),
    ("红枫", "Maple"),
    ("晨光", "Daybreak"),
    ("金桥", "Golden Bridge"),
    ("山谷", "Valley"),
    ("北极星", "Polaris"),
    ("白鹭", "Egret"),
    ("橙果", "Orange"),
    ("麦田", "Wheatfield"),
    ("飞鸟", "Swift"),
    ("琥珀", "Amber"),
];

const FIELDS: &[(&str, &str)] = &[
    ("支付", "Payments"),
    ("出行", "Mobility"),
    ("商城", "Store"),
    ("外卖", "Delivery"),
    ("健康", "Health"),
    ("教育", "Learning"),
    ("音乐", "Music"),
    ("旅行", "Travel"),
    ("物流", "Logistics"),
    ("社区", "Community"),
    ("视频", "Video"),
    ("票务", "Tickets"),
    ("招聘", "Careers"),
    ("理财", "Wealth"),
    ("天气", "Weather"),
    ("阅读", "Reading"),
    ("客服", "Support"),
];

/// What a person is called: the name, and what accounts and addresses begin with.
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub(super) name: String,
    pub(super) spelled: String,
    pub(super) is_chinese: bool,
}

/// A name for somebody.
pub(super) fn person(draw: &mut Draw) -> Called {
    if draw.permille(350) {
        english(draw)
    } else {
        chinese(draw)
    }
}

fn chinese(draw: &mut Draw) -> Called {
    let (surname, surname_spelled) = *draw.pick_by_share(SURNAMES);
    let (given, given_spelled) = *draw.pick(GIVEN);
    let mut name = format!("{surname}{given}");
    let mut spelled_given = given_spelled.to_owned();
    if draw.permille(820) {
        let (second, second_spelled) = *draw.pick(GIVEN);
        name += second;
        spelled_given += second_spelled;
    } else if surname.chars().count() < 2 {
        name += &draw.between(1, 99).to_string();
    }
    let spelled = match draw.below(3) {
        0 => format!("{surname_spelled}{spelled_given}"),
        1 => format!("{spelled_given}.{surname_spelled}"),
        _ => format!("{surname_spelled}.{spelled_given}"),
    };
    Called {
        name,
        spelled,
        is_chinese: true,
    }
}

fn english(draw: &mut Draw) -> Called {
    let (first, last) = (*draw.pick(FIRST_NAMES), *draw.pick_by_share(LAST_NAMES));
    let sign = *draw.pick(&[".", "_", "-"]);
    let (first_folded, last_folded) = (first.to_lowercase(), last.to_lowercase());
    let spelled = match draw.below(3) {
        0 => format!("{}{last_folded}", &first_folded[..1]),
        1 => format!("{first_folded}_{last_folded}"),
        _ => format!("{first_folded}.{last_folded}"),
    };
    Called {
        name: format!("{first}{sign}{last}"),
        spelled,
        is_chinese: false,
    }
}

/// The name of the team with this number; no two have the same. Three of four are Chinese.
pub(super) fn team(number: u64) -> String {
    let is_english = number % 4 == 3;
    // How many of the same language come before.
    let before = if is_english {
        number / 4
    } else {
        number - number / 4
    };
    let (brands, fields) = (BRANDS.len() as u64, FIELDS.len() as u64);
    // Both lists in turn: their lengths have no divisor in common, so that each pair comes once in a round.
    let (brand, brand_in_english) = BRANDS[place(before % brands)];
    let (field, field_in_english) = FIELDS[place(before % fields)];
    let name = if is_english {
        format!("{brand_in_english} {field_in_english}")
    } else {
        format!("{brand}{field}")
    };
    match before / (brands * fields) {
        0 => name,
        round => format!("{name} {}", round + 1),
    }
}

/// The name of a resource of a team.
pub(super) fn resource(draw: &mut Draw, team: &str, number: u64) -> String {
    let ends = if team.is_ascii() {
        [" Home", " Lite", " Pro"]
    } else {
        ["主页", "极速版", "专业版"]
    };
    let name = format!("{team}{}", draw.pick(&ends));
    match number {
        0 => name,
        number => format!("{name} {}", number + 1),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::base::text::{Account, Email, Name, ResourceName, TeamName};
    use crate::platform::seed::draw::Subject;

    #[test]
    fn each_name_keeps_the_rules_of_names() {
        for number in 0..20_000 {
            let mut draw = Draw::of(7, Subject::Person, number);
            let called = person(&mut draw);
            assert!(Name::parse(&called.name).is_ok(), "{called:?}");
            let account = format!("{}{number}", called.spelled);
            assert!(Account::parse(&account).is_ok(), "{called:?}");
            assert!(
                Email::parse(&format!("{account}@example.com")).is_ok(),
                "{called:?}"
            );
            // The number behind it tells accounts apart.
            assert!(!called.spelled.ends_with(|last: char| last.is_ascii_digit()));
            let team = team(number);
            assert!(TeamName::parse(&team).is_ok(), "{team}");
            let resource = resource(&mut draw, &team, 2);
            assert!(ResourceName::parse(&resource).is_ok(), "{resource}");
        }
    }

    #[test]
    fn no_two_teams_have_one_name() {
        let names: HashSet<String> = (0..200_000).map(|number| team(number).to_lowercase()).collect();
        assert_eq!(names.len(), 200_000);
    }
}
