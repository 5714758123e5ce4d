"""Words beside a name that tell a person from a thing: titles, naming, what is said of people; and the reverse.

Weights are log-odds, set by hand 2026-03 on the tuning part of ``tests/matching/names/cases``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

REACH = 10
"""Code points looked at on either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What stands beside a name, and what it says for (or against) a person."""

    text: str
    weight: float
    is_title: bool = False


WEAK = 1.5
"""The weight of a cue that stands beside words nearly as often."""

TITLES_AFTER = [
    "同学",
    "老师",
    "学姐",
    "学妹",
    "学长",
    "学弟",
    "学姊",
    "姐姐",
    "妹妹",
    "小姐姐",
    "小姐",
    "女士",
    "先生",
    "医生",
    "护士",
    "大夫",
    "教授",
    "主任",
    "校花",
    "女神",
    "班长",
    "本人",
    "老板娘",
    "老板",
    "阿姨",
    "妈妈",
    "爸爸",
    "同志",
    "教练",
    "律师",
    "主播",
    "小朋友",
    "队长",
    "会长",
    "部长",
    "社长",
    "店长",
    "经理",
    "总",
    "工",
    "さん",
    "ちゃん",
    "くん",
    "氏",
    "씨",
    "님",
    "양",
]
# After a name: what people do and suffer, and what only people have.
PERSON_AFTER: dict[float, str] = {
    4.0: "她妈|她爸|她男|她女|她老|她姐|她妹|她家|她自己|，女，|，男，|（女|（男|\\(女|\\(男|,女,|,男,",
    3.5: "说她|说他|说自己|是(?:我|她|他|你)?(?:们)?(?:的)?(?:同学|朋友|同事|闺蜜|室友|邻居|好友|同桌|妹妹|姐姐|女儿|一个班)|这个人|这人|这个女|这女|此人|本尊|"
    "事件|的(?:照片|私照|视频|原图|丑照|裸照|图|瓜|料|黑料|私密|微博|帖子|帖|录音|聊天记录|账号|号|抖音|小红书|联系方式|电话|地址|男友|男朋友|女友|"
    "女朋友|对象|爸|妈|父|母|家人|家长|朋友|闺蜜|室友|粉丝|传闻|谣言|名字|成绩|直播|采访|专辑|作品|演唱会|声明|回应|本人|班|妹妹|姐姐|老公|老婆|前任|"
    "前男友|脸|身材|学校|宿舍|女生|女孩|同学)|那件事|这件事|那事|那次|个人资料|被(?:偷|曝|爆|扒|网|人|造|骂|打|黑|拍|P|p|霸|欺|骚|挂|开除|叫|老师|男)",
    3.0: "被(?![子窝单褥风雨雪霜虫鸟水火太阳晒吹剪砍摘染压])|遭(?:到|受|遇)|出来(?:说|解释|回应|走|道歉)?|报警|报了警|出轨|劈腿|转学|退学|离职|辞职|怀孕|结婚|离婚|道歉|回应|回复我|回帖|辟谣|否认|"
    "承认|解释|爆料|哭|睡|约|勾引|小三|不要脸|滚|欠|骗|偷|发了|发的|发文|发帖|发微博|晒|直播|开播|加油|挺住|别怕|你看|你怎么|你不|你别|你出|你给|你这|你们|"
    "最近(?:怎么|在)?|昨[天晚]|又(?:被|在|发|来)|是谁|是不是|是个|是(?:我|你|他|她)|在[哪吗]|一个[班组]|同[班桌]|真的|真是|到底|究竟|人(?:很|特别|超|真|挺)好|[和跟与](?:她|他|主任|老师|老板|校长|教授|院长|经理|领导|同学|室友|男友|男朋友|前男友|前任|闺蜜|学长|那个男|一个男)|的事",
    1.5: "说|讲|问|和(?:我|你)|跟(?:我|你)|与(?:我|你)|也|都|还|就|去|来|住|教|读|考|拿|获|领唱|主演|演|唱|跳|她|他|吧[^台]|吗|呢|，她|，他|，女|，男",
}
PERSON_BEFORE: dict[float, str] = {
    3.5: "(?:叫|叫做|名叫|名为|名字是|姓名[:是]?|全名|本名|真名|实名举报|举报|人肉|曝光|挂一下|我是|她是|他是|就是那个|那个叫|有个叫|@|#)",
    3.0: "同学|女生|女孩|男生|女主|室友|闺蜜|朋友|老师|学姐|学妹|学姊|学长|校花|网红|主播|护士|医生|同事|女友|老板|老板娘|姐姐|妹妹|姐|演员|歌手|队长|社长|班长|部长|"
    "同桌|舍友|班花|系花|邻居|表妹|表姐|女儿|前任|对象|队友|助理|会长|(?<!社)[系班部队院社科团级校店厂局](?:的)?|个叫|造谣|网暴|偷拍|霸凌|骚扰|保护|支持|相信|认识|认得",
    2.0: "关于|喜欢|讨厌|扒|约|睡|找|骂|黑|等|问问|听说|知道|我[和跟与]|谁是",
    1.5: "[和跟与给对找问把让替帮为像骂]|是|有|说|看到|遇到|碰到|见到|昨天|今天|刚才",
}
# A thing that bears a name: places, firms, wares, measures.
THING_AFTER = (
    "[\\d一二三四五六七八九十百千万几数](?:[十百千万多余几]|\\d)*(?:里|米|公里|平方|英里|年|天|分)|湾|路(?![人过上由])|街|村|镇|市(?!民)|县|桥|山庄|湖|河|寺|庙|庄园|苑|公园|花园|大厦|广场|小区|公寓|"
    "(?:(?![在是的和跟与被把说去来到从给向她他我你])[\u4e00-\u9fff]){0,5}(?:有限公司|专柜|专卖店|旗舰店|美容院|化妆品|儿童摄影|摄影馆|婚庆|婚宴|孢子粉)|"
    "公司|酒店|宾馆|民宿|餐厅|饭店|面馆|牌|品牌|面膜|超市|商场|药店|医院|集团|中学|小学|大学|学院|书院|幼儿园|地铁|站|机场|号线|大道|高速|专卖|旗舰|股份|基金|款|系列|"
    "古筝|工作室|美甲|家居|服饰|珠宝|食品|逐字稿|软件|饮料店|奶茶店|零食|夫斯基|斯基|维奇|某日|疗护|病房|河谷|乐园|月饼|周年庆"
)
COUNTED_BEFORE = (
    "[一两三四五几数这那每半整](?:群|只|行|片|朵|棵|株|滴|场|阵|缕|串|堆|条|颗|对|双|抹|轮|层|点|些|种|丝|份|段|派|方)"
)
THING_BEFORE = "[树林地湖河山天空水田野园路窗草花海岸滩谷][里上下边中旁]的|何其|何等|无比|惨|脏|可怜|血|贱|很|太|十分|不|不得|更|最|非常|多么|这么|那么|如此|一片|满地|树上的|把|这片|那片|品格|人格|志向|内心|心里|心中|一世|求一个|买的|那种|一种"
WORD_AFTER = "的(?:性格|样子|外表|气质|美|品格|环境|生活|夜晚|日子|心|时光|氛围|反光|颜色|精神|人格|灵魂|家|社会|世界|状态|是)|地|极了|坏了?|死了|疯了|不已|之余|万分|起来|过头|了(?![解结])|着(?![急手])|得(?![知到罪奖])|得很|掉|黄了|落|皑皑|纷飞|覆盖|公主|们?都?(?:黄|落|掉)"


HINTS = re.compile(
    "谐音|谐个音|化名|打码|打个码|拼音|懂的都懂|懂得都懂|懂的来|懂的懂|你懂的|对号入座|首字母|缩写|倒过来|倒着|拆开|不敢打全|防和谐|怕被[删夹封]|自己拼|"
    "解码|换个字|改了字|字没变|防搜|过审|諧音|懂的都懂|拼起來|縮寫|you know who|iykyk"
)
"""What a writer says of a name that is written otherwise on purpose."""


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_TITLE = re.compile(rf"\s?(?:{_alternatives(TITLES_AFTER)}|[姐哥](?![妹弟夫]))(?!们)")
_AFTER = [(weight, re.compile(rf"[\s”」』】）)'\"]*(?:{words})")) for weight, words in PERSON_AFTER.items()]
_BEFORE = [(weight, re.compile(rf"(?:{words})[\s“「『【（('\":：]*$")) for weight, words in PERSON_BEFORE.items()]
_THING_AFTER = re.compile(rf"(?:{THING_AFTER})")
_THING_BEFORE = re.compile(rf"(?:{THING_BEFORE})$")
_COUNTED_BEFORE = re.compile(rf"(?:{COUNTED_BEFORE})$")
_WORD_AFTER = re.compile(rf"(?:{WORD_AFTER})")


def person_cues(before: str, after: str, *, is_word: bool) -> list[Cue]:
    """Give what beside a name speaks for a person, at most one cue a side; texts are plain, ``REACH`` long.

    ``is_word``: the name is one, and what stands beside words as well says nothing.
    """
    found = []
    if title := _TITLE.match(after):
        found.append(Cue(text=title.group().strip(), weight=3.5, is_title=True))
    elif not (is_word and (_WORD_AFTER.match(after) or before.endswith("个"))):
        found.extend(_first(after, _AFTER, match=True))
    found.extend(_first(before, _BEFORE, match=False))
    return [cue for cue in found if cue.weight > WEAK or not is_word]


def _first(text: str, patterns: list[tuple[float, re.Pattern[str]]], *, match: bool) -> list[Cue]:
    for weight, pattern in patterns:
        found = pattern.match(text) if match else pattern.search(text)
        if found:
            return [Cue(text=found.group(), weight=weight)]
    return []


def thing_weight(before: str, after: str, *, is_word: bool) -> float:
    """Give what speaks for a thing rather than a person, as a negative weight; ``is_word``: the name is one."""
    weight = -4.5 if _THING_AFTER.match(after) else 0.0
    if is_word:
        is_kind = before.endswith(("个", "位", "种", "点")) and after.startswith("的")  # 是个文静的女孩
        weight -= 5.0 * bool(is_kind or _COUNTED_BEFORE.search(before))
        weight -= 3.0 * bool(_THING_BEFORE.search(before)) + 3.0 * bool(_WORD_AFTER.match(after))
    return weight
